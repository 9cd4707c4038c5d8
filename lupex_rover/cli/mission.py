"""`lupex mission`: fly a scenario, leave a bag, `result.json` and `report.html`."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lupex_rover.cli.common.missing import require_ros, why_no_ros
from lupex_rover.core.errors import UserError
from lupex_rover.runs.out_folder import claim
from lupex_rover.scenarios import run_files

if TYPE_CHECKING:
    from lupex_rover.runs.flight_outcome import FlightOutcome
    from lupex_rover.scenarios.scenario import Scenario

SUCCESS, PARTIAL, INTERRUPTED = 0, 1, 130
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)  # of a disk


def mission(
    scenario: Annotated[
        str, typer.Option(help="Fly this: a name in config/scenarios, or a yaml file.")
    ] = "reference",
    seed: Annotated[
        int | None,
        typer.Option(help="Draw everything random from this; the scenario has a default."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write bag, result and report into this folder.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the run that --out holds already.")
    ] = False,
    phases: Annotated[
        str | None, typer.Option(help="Fly only these, in order, with commas between.")
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            help="Fly on ros (the node graph; the default where ROS 2 is) or harness (one process)."
        ),
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Go at most this times as fast as real time; 0 sets no limit.")
    ] = 0.0,
    physics: Annotated[
        str, typer.Option(help="Let stand-in or gazebo move the rover on the ground.")
    ] = "stand-in",
    separate: Annotated[
        bool, typer.Option("--separate", help="Give each node a process of its own (host ros).")
    ] = False,
    faults: Annotated[
        Path | None,
        typer.Option(help="Inject the faults in this yaml file, with those of the scenario."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="Go on with the run in this folder, which was ended too early."
        ),
    ] = None,
) -> None:
    """Fly the reference mission, or another scenario, in the stand-in simulator."""
    from lupex_rover.scenarios import run_file
    from lupex_rover.scenarios import scenario as scenarios

    if resume is not None:
        alone = {"--scenario": scenario != "reference", "--seed": seed is not None,
                 "--out": out is not None, "--force": force, "--phases": phases is not None,
                 "--physics": physics != "stand-in", "--faults": faults is not None}  # fmt: skip
        for option, given in alone.items():
            if given:
                raise UserError(f"--resume goes on with what was flown; leave {option} out")
        return _resume(resume, host, speed, separate)
    host = _host(host)
    if separate and host != "ros":
        raise UserError(f"--separate: host {host} is one process; leave it out or choose ros")
    run_file.check_speed(speed)
    run_file.check_seed(seed)
    run_file.check_physics(physics)
    if physics == "gazebo":
        from lupex_rover.simulator.gazebo.start import require_gazebo

        require_gazebo()
    chosen = tuple(p.strip() for p in phases.split(",")) if phases is not None else None
    what = scenarios.read(scenario, seed=seed, phases=chosen)
    if faults is not None:
        what = _with_faults(what, faults, host, not separate)
    scenarios.values(what)  # what cannot be kept is named before anything is written
    folder = folder_of(out, what.name, what.seed, force)
    started = time.monotonic()
    try:
        with claim(folder):
            flown = _fly(host, what, folder, speed, physics, not separate)
            code = finish(what, folder, flown, time.monotonic() - started)
    except (UserError, KeyboardInterrupt):
        with contextlib.suppress(OSError):  # it goes only if nothing was written to it
            folder.rmdir()
        raise
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise UserError(f"{folder}: cannot be written ({error.strerror})") from None
    raise typer.Exit(code)


def _with_faults(what: Scenario, path: Path, host: str, composed: bool) -> Scenario:
    """`what` with the faults in a file, which `host` can do."""
    from lupex_rover.graph import flight_processes
    from lupex_rover.scenarios.injected_fault import check_faults, check_host, read_faults

    added = read_faults(path)
    check_faults(added, str(path), what.boards or (), what.outside)
    check_host(added, str(path), host, tuple(flight_processes(composed, True, what.outside)))
    return dataclasses.replace(what, faults=what.faults + added)


def _resume(folder: Path, host: str | None, speed: float, separate: bool) -> None:
    """Go on with a run to its end; exits as `mission` does."""
    from lupex_rover.scenarios import run_file
    from lupex_rover.simulator import kept_world

    run_file.check_speed(speed)
    flown_on = kept_world.host_of(folder)
    if host not in (None, flown_on):
        raise UserError(f"--host {host}: this run flew on {flown_on}; leave --host out")
    if flown_on == "ros":
        require_ros(f"--resume {folder}")
    what = run_files.scenario_of(folder)
    started = time.monotonic()
    with claim(folder, "--resume"):
        flown = _fly(flown_on, what, folder, speed, "stand-in", not separate, resume=True)
        code = finish(what, folder, flown, time.monotonic() - started)
    raise typer.Exit(code)


def _host(wanted: str | None) -> str:
    if wanted not in (None, "ros", "harness"):
        raise UserError(f"--host: {wanted!r} is unknown; choose ros or harness")
    if wanted == "ros":
        require_ros("host ros")
    if wanted is None and (why := why_no_ros()):
        print(f"flying on host harness, in one process: no ROS 2 here ({why})", flush=True)
        return "harness"
    return wanted or "ros"


def _fly(
    host: str,
    what: Any,
    folder: Path,
    speed: float,
    physics: str,
    composed: bool,
    resume: bool = False,
) -> FlightOutcome:
    if host == "harness":
        from lupex_rover.runs import fly_harness

        return fly_harness.fly(what, folder, speed, physics, resume)
    from lupex_rover.runs import fly_ros

    return fly_ros.fly(what, folder, speed, physics, composed, resume)


def folder_of(out: Path | None, name: str, seed: int, force: bool) -> Path:
    """The folder of a new run; without `out` one that was not there before.

    Raises
    ------
    UserError
        It cannot be read or made, or holds a run that is not to be replaced by `force`.
    """
    if out is None:
        return _new_folder(Path("runs") / f"{name}-{seed}-{time.strftime('%Y%m%dT%H%M%S')}")
    try:
        found = run_files.held(out)
        if found and not force:
            raise UserError(
                f"--out {out}: holds a run already ({', '.join(found)}); give another folder,"
                f" go on with it (`lupex mission --resume {out}`), remove it, or replace it with"
                " --force"
            )
    except OSError as error:
        raise UserError(f"--out {out}: cannot be read ({error.strerror})") from None
    return out


def _new_folder(wanted: Path) -> Path:
    """`wanted`, or with a number behind it when another run took the name in the same second."""
    number = 1
    while True:
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1
        except OSError as error:
            raise UserError(f"{folder}: cannot be made ({error.strerror})") from None


def finish(what: Any, folder: Path, flown: Any, wall_s: float) -> int:
    """Write result and report, tell the outcome, return the exit code."""
    from rich.console import Console

    from lupex_rover.bags.own_bag import BagReader
    from lupex_rover.report import page, result
    from lupex_rover.report.story import KEEP_S
    from lupex_rover.runs.partial_run import make_result

    if flown.broke is not None:
        data = make_result(folder, str(flown.broke))
    else:
        data = result.build(what, flown.plan, flown.log, flown.summary)
    data["realtime_factor"] = flown.realtime_factor
    if flown.peak_mb is not None:
        data["peak_memory_mb"] = flown.peak_mb
    run_files.write_json(folder / run_files.RESULT, data)
    page.write(folder, BagReader(folder / run_files.BAG).messages(set(KEEP_S)))
    console = Console(highlight=False)
    colour = {"success": "green", "partial": "yellow", "failure": "red"}[data["outcome"]]
    console.print(f"[{colour}]{data['outcome']}[/] after {wall_s:.0f} s; see {folder}/report.html")
    for line in data["unmet"]:
        console.print(f"  unmet: {line}")
    if flown.broke is not None:
        raise flown.broke
    if flown.interrupted:
        return INTERRUPTED
    return SUCCESS if data["outcome"] == "success" else PARTIAL
