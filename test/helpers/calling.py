"""A command of lupex called in this process: as its own process ends, without that one's start."""

import io
import os
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from subprocess import CompletedProcess
from unittest.mock import patch

from lupex_rover.cli.app import run


def call(*arguments, cwd=None, env=None):
    """Exit code and output, as `subprocess.run` gives them; `env` adds to the environment."""
    words = [str(a) for a in arguments]
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, env or {}), within(cwd), redirect_stdout(out), redirect_stderr(err):
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
