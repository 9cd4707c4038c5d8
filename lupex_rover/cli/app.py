"""The map of the program: every sub-command, and how errors leave it."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from importlib import import_module

import typer
from typer.main import get_command

from lupex_rover.cli.common.missing import explain
from lupex_rover.cli.common.unforeseen import debugging, silent_callbacks, told
from lupex_rover.core.errors import Broken, UserError
from lupex_rover.core.isolation import isolate

BROKEN, BAD_INPUT, INTERRUPTED = 1, 2, 130
# Wrong use of the command line; typer carries its own click, so the class is taken from there.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="lupex",
    help="Flight software for a lunar polar rover, and the simulator that tests it.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# The help shows these groups in this order. A line adds a command: WORD is the function, or the
# group of commands, WORD in lupex_rover/cli/WORD.py.
COMMANDS = {
    "Fly and look": (
        "mission",
        "campaign",
        "report",
        "events",
    ),
    "Plan for Sun, light and night": (
        "sun",
        "light",
        "night",
    ),
    "Match pictures": (
        "land",
        "match",
        "craters",
    ),
    "Look into bags": (
        "bag",
        "replay",
    ),
    "Bring up and extend": (
        "up",
        "sim",
        "board",
        "world",
    ),
    "Look up": (
        "rover",
        "params",
        "codes",
        "phases",
        "dictionary",
    ),
    "Check": (
        "doctor",
        "test",
        "bench",
        "docs",
    ),
}


def add_commands() -> None:
    """Give `app` every command of `COMMANDS`."""
    for panel, names in COMMANDS.items():
        for name in names:
            module = import_module(f"lupex_rover.cli.{name}")
            command = getattr(module, name)
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=name, rich_help_panel=panel)
            else:
                settings = getattr(module, "CONTEXT_SETTINGS", None)
                app.command(name, rich_help_panel=panel, context_settings=settings)(command)


add_commands()


def main() -> None:
    """Run the sub-command that the command line names, and exit."""
    with nullcontext() if debugging() else silent_callbacks():
        code = run(sys.argv[1:])
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run a sub-command; its exit code.

    2 with one line for bad input, 1 with one line where something of ours broke, 130 when
    interrupted. With LUPEX_DEBUG=1 the exception itself is raised where there is a line otherwise.
    """
    isolate(os.environ)
    try:
        code = _called(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, BrokenPipeError):  # who read our output has gone, as `head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return BROKEN
        if debugging():
            raise
        code, text = _end(error, arguments)
        print(f"lupex: {text}", file=sys.stderr)
        return code


def _called(arguments: list[str]) -> int:
    try:
        command = get_command(app)  # calling `app` itself would set typer's own hook for exceptions
        code = command(arguments or ["--help"], prog_name="lupex", standalone_mode=False)
    except typer.Exit as done:
        return int(done.exit_code)
    except typer.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _end(error: Exception, arguments: list[str]) -> tuple[int, str]:
    """Exit code and line of an exception."""
    if isinstance(error, UserError):
        return BAD_INPUT, str(error)
    if isinstance(error, ModuleNotFoundError) and (lacking := explain(error)):
        return BAD_INPUT, str(lacking)
    if isinstance(error, Broken):
        return BROKEN, str(error)
    if isinstance(error, UsageError):
        return BAD_INPUT, error.format_message()  # type: ignore[attr-defined]
    return BROKEN, told(error, arguments)
