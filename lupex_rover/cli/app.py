"""The map of the program: every sub-command, and how errors leave it."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from lupex_rover.cli.common.missing import explain
from lupex_rover.core.errors import Broken, UserError

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
    """Run a sub-command: exit 2 with one line for bad input, 1 where something of ours broke, 130
    when interrupted."""
    try:
        code = app(sys.argv[1:] or ["--help"], prog_name="lupex", standalone_mode=False)
    except UserError as error:
        print(f"lupex: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except ModuleNotFoundError as error:
        told = explain(error)
        if told is None:
            raise
        print(f"lupex: {told}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except Broken as error:
        print(f"lupex: {error}", file=sys.stderr)
        sys.exit(BROKEN)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except UsageError as error:
        print(f"lupex: {error.format_message()}", file=sys.stderr)  # type: ignore[attr-defined]
        sys.exit(BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)
