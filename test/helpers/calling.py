"""A command of lupex called in this process: as its own process ends, without that one's start."""

import io
import os
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from subprocess import CompletedProcess

from lupex_rover.cli.app import run


def call(*arguments, cwd=None):
    """Exit code and output, as `subprocess.run` gives them."""
    words = [str(a) for a in arguments]
    out, err = io.StringIO(), io.StringIO()
    with within(cwd), redirect_stdout(out), redirect_stderr(err):
        code = run(words)
    return CompletedProcess(words, code, out.getvalue(), err.getvalue())


@contextmanager
def within(folder):
    """The working directory for a while; None: it stays."""
    here = os.getcwd()
    try:
        os.chdir(folder or here)
        yield
    finally:
        os.chdir(here)
