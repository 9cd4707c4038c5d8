"""A campaign's flights: on this machine's own processes, which open no port, or a dask cluster.

What a flight gives is a row. What the machinery does (a worker that dies, has no map, not this
program or no memory) is no row: the seed was not flown, and is flown at the next call.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any

import lupex_rover
from lupex_rover.core.errors import Broken, UserError
from lupex_rover.core.foreign import boundary, reason
from lupex_rover.core.isolation import isolate
from lupex_rover.runs.local_workers import SINGLE, ended
from lupex_rover.scenarios.scenario import Scenario
from lupex_rover.terrain.base_map import default_map_path

CERTIFIED = ("tls://", "wss://")
SCHEDULER = re.compile(r"(tcp|tls|ws|wss)://([^\s:/]+|\[[\da-fA-F:.]+\]):\d{1,5}")
ASK = "__import__('lupex_rover.runs.cluster', fromlist=['x'])"
ALIKE = ("numpy", "scipy", "numba", "mujoco", "opencv-python-headless", "distributed")
GONE = "its workers went away; the same command goes on from there"
NO_WORKERS_S = 30.0  # a worker that starts anew is back by then
LOOK_S = 0.05
MACHINERY = (ImportError, OSError, MemoryError)
CURE = "install this version of lupex_rover and its locks where dask worker runs"


@dataclass(frozen=True)
class NotFlown:
    """A seed that the machinery lost, and why."""

    seed: int
    why: str


@cache
def program() -> dict[str, str]:
    """What decides the digits of a row, apart from scenario and seed: part by version or hash."""
    package = Path(lupex_rover.__file__).parent
    sources = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        sources.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    told = {
        "lupex_rover": f"{lupex_rover.__version__} ({sources.hexdigest()[:8]})",
        "Python": ".".join(platform.python_version_tuple()[:2]),
    }
    for name in ALIKE:
        try:
            told[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            told[name] = "none"
    return told


def fly(scenario: Scenario, expected: dict[str, str]) -> dict[str, Any]:
    """The row of one flight, on a worker.

    Raises
    ------
    Broken
        This worker is of another program or has not what the flight reads.
    ImportError, OSError, MemoryError
        Of the machinery, not of the flight.
    """
    isolate(os.environ)
    why = differs(program(), expected) or lacking(scenario)
    if why:
        raise Broken(why)
    from lupex_rover.runs.campaign_flight import fly_row

    return fly_row(scenario, MACHINERY)


def differs(found: dict[str, str], expected: dict[str, str]) -> str:
    """How a worker's program is another than ours; empty where it is the same."""
    parts = [
        f"{name} is {found.get(name, 'none')} there and {version} here"
        for name, version in expected.items()
        if found.get(name) != version
    ]
    return ", ".join(parts)


def lacking(scenario: Scenario) -> str:
    """What of a scenario's files is not on this machine; empty where all are."""
    try:
        path = Path(scenario.base_map) if scenario.base_map else default_map_path()
    except UserError as error:
        return str(error)
    return "" if path.is_file() else f"{path}: no such map there"


def check(client: Any, where: str, scenario: Scenario) -> None:
    """Ask each worker for its program and its map, before anything is flown.

    Raises
    ------
    UserError
        One cannot run the program; it is named with the reason.
    """
    with boundary(where, "cannot be asked for its program"):
        # by text: a function of ours could not be read where the package is missing
        told = client.run(eval, f"{ASK}.program()", on_error="return")
    _refuse(where, {w: _unfit(answer) for w, answer in told.items()})
    with boundary(where, "cannot be asked for its map"):
        told = client.run(lacking, scenario, on_error="return")
    _refuse(where, {w: str(answer) for w, answer in told.items()})


def _unfit(answer: Any) -> str:
    if isinstance(answer, BaseException):
        return f"cannot run this program ({reason(answer)}); {CURE}"
    why = differs(answer, program())
    return f"{why}; {CURE}" if why else ""


def _refuse(where: str, answers: dict[str, str]) -> None:
    bad = {worker: why for worker, why in answers.items() if why}
    if bad:
        worker, why = next(iter(bad.items()))
        raise UserError(f"{where}: {len(bad)} of {len(answers)} workers: {worker}: {why}")


def rows(
    flights: list[Scenario], scheduler: str | None, trusted: bool = False
) -> Iterator[dict[str, Any] | NotFlown]:
    """The row of each flight as they end, in any order; `NotFlown` for what the machinery lost.

    `trusted`: the user says that the network of a scheduler without certificates is.

    Raises
    ------
    UserError
        The cluster cannot be reached, has no workers, or cannot run the program.
    Broken
        It went away.
    """
    if scheduler is None:
        yield from _here(flights)
        return
    where = f"--scheduler {scheduler}"
    with client_of(scheduler, trusted) as client:
        check(client, where, flights[0])
        with boundary(where, "takes no flights", kind=Broken):
            seed_of = {
                client.submit(fly, flight, program(), pure=False, retries=1): flight.seed
                for flight in flights
            }
        try:
            yield from _ended(client, where, seed_of)
        except KeyboardInterrupt:
            client.cancel(list(seed_of), force=True)
            raise


def _here(flights: list[Scenario]) -> Iterator[dict[str, Any] | NotFlown]:
    """On this machine's own processes."""
    why = lacking(flights[0])
    if why:
        raise UserError(f"workers of this machine: {why}")
    work = partial(fly, expected=program())
    # what `fly` calculates with reads these when it is imported, in the children
    with environment(SINGLE):
        for flight, done in ended(work, flights):
            if isinstance(done, Exception):
                own = isinstance(done, UserError | Broken)
                yield NotFlown(flight.seed, str(done) if own else reason(done))
            else:
                yield done


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """`os.environ` with these; as before afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _ended(client: Any, where: str, seed_of: dict[Any, int]) -> Iterator[dict[str, Any] | NotFlown]:
    from distributed import as_completed

    ended = as_completed(seed_of, loop=client.loop)
    while not ended.is_empty():
        _wait(ended, client, where)
        future = next(ended)
        try:
            row = future.result()
        except Exception as error:  # whatever the cluster, or a worker's machine, may raise
            if client.status != "running":
                raise Broken(f"{where}: {GONE}") from error
            own = isinstance(error, UserError | Broken)
            row = NotFlown(seed_of[future], str(error) if own else reason(error))
        future.release()
        yield row


def _wait(ended: Any, client: Any, where: str) -> None:
    """Until a flight ends; `Broken` where no worker is left that could."""
    seen_s = time.monotonic()
    while not ended.has_ready():
        time.sleep(LOOK_S)
        if time.monotonic() - seen_s > NO_WORKERS_S:
            with boundary(where, GONE, kind=Broken):
                workers = client.scheduler_info()["workers"]
            if not workers:
                raise Broken(f"{where}: {GONE}")
            seen_s = time.monotonic()


@contextmanager
def client_of(scheduler: str, trusted: bool = False) -> Iterator[Any]:
    """A dask client of the cluster."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise UserError("campaign: dask and distributed are missing; run ./lupex doctor") from None
    for name in [n for n in logging.root.manager.loggerDict if n.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # it logs tracebacks of what we tell
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of versions that differ: `check` says so
        client = _remote(scheduler, trusted)
    try:
        yield client
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client.close()


def check_address(scheduler: str, trusted: bool) -> None:
    """See that `scheduler` is an address, and asks for certificates or is `trusted`.

    Whoever reaches a scheduler that asks for none runs what he likes on its workers, and on the
    machine that reads their results.

    Raises
    ------
    UserError
        It is not, or does not.
    """
    if not SCHEDULER.fullmatch(scheduler):
        raise UserError(f"--scheduler {scheduler}: is not of the form tls://host:port")
    if not scheduler.startswith(CERTIFIED) and not trusted:
        raise UserError(
            f"--scheduler {scheduler}: asks nobody for credentials; start it with TLS and give"
            " tls://host:port, or say --trusted-network where everybody who reaches it may run"
            " programs on its workers and on this machine"
        )


def _remote(scheduler: str, trusted: bool) -> Any:
    from distributed import Client

    check_address(scheduler, trusted)
    if scheduler.startswith(CERTIFIED) and not _certificates():
        raise UserError(
            f"--scheduler {scheduler}: dask has no certificates here; set distributed.comm.tls"
            " in its configuration"
        )
    with boundary(f"--scheduler {scheduler}", "cannot be reached"):
        client = Client(scheduler, timeout="10s", set_as_default=False)
        workers = client.scheduler_info()["workers"]
    if not workers:
        client.close()
        raise UserError(f"--scheduler {scheduler}: has no workers; start some with dask worker")
    return client


def _certificates() -> bool:
    """Whether dask is told of certificates; a client without would fail and not close."""
    from distributed.security import Security

    return Security().get_connection_args("client").get("ssl_context") is not None
