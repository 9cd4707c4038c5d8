"""The map of the program: every sub-command, and how errors leave it."""

from __future__ import annotations

import sys

import typer

from lupex_rover.cli.bag import bag
from lupex_rover.cli.bench import bench
from lupex_rover.cli.board import board
from lupex_rover.cli.campaign import campaign
from lupex_rover.cli.craters import craters
from lupex_rover.cli.dictionary import dictionary
from lupex_rover.cli.doctor import doctor
from lupex_rover.cli.land import land
from lupex_rover.cli.light import light
from lupex_rover.cli.match import match
from lupex_rover.cli.mission import mission
from lupex_rover.cli.night import night
from lupex_rover.cli.replay import replay
from lupex_rover.cli.report import report
from lupex_rover.cli.rover import rover
from lupex_rover.cli.sim import sim
from lupex_rover.cli.sun import sun
from lupex_rover.cli.test import test
from lupex_rover.cli.up import up
from lupex_rover.cli.world import world
from lupex_rover.core.errors import Broken, UserError

BROKEN, BAD_INPUT, INTERRUPTED = 1, 2, 130
# Wrong use of the command line; typer carries its own click, so the class is taken from there.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="lupex",
    help="Flight software for a lunar polar rover, and the simulator it is tested in.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
FLY, ASK, CHECK = "Fly and look", "Sun, light and night", "Check"
SEE = "Landing pictures"
app.command(rich_help_panel=FLY)(mission)
app.command(rich_help_panel=FLY)(campaign)
app.command(rich_help_panel=FLY)(report)
app.command(rich_help_panel=FLY)(replay)
app.add_typer(bag, name="bag", rich_help_panel=FLY)
app.command(rich_help_panel=FLY)(sim)
app.command(rich_help_panel=FLY)(up)
app.command(rich_help_panel=FLY)(world)
app.command(rich_help_panel=ASK)(rover)
app.command(rich_help_panel=ASK)(sun)
app.command(rich_help_panel=ASK)(light)
app.command(rich_help_panel=ASK)(night)
app.command(rich_help_panel=SEE)(land)
app.command(rich_help_panel=SEE)(match)
app.command(rich_help_panel=SEE)(craters)
app.command(
    rich_help_panel=CHECK,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(test)
app.command(rich_help_panel=CHECK)(bench)
app.command(rich_help_panel=CHECK)(board)
app.command(rich_help_panel=CHECK)(doctor)
app.command(rich_help_panel=CHECK)(dictionary)


def main() -> None:
    """Run a sub-command: exit 2 with one line for bad input, 1 where something of ours broke, 130
    when interrupted."""
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except UserError as error:
        print(f"lupex: {error}", file=sys.stderr)
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
