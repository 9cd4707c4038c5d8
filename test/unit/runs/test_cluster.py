"""A campaign's cluster: refused where it cannot run the program; its own failures are no rows."""

import subprocess
import sys

import pytest

pytest.importorskip("distributed", reason="dask and distributed are not installed")

import distributed
from distributed import Client

from lupex_rover.cli.app import run
from lupex_rover.core.errors import Broken, UserError
from lupex_rover.runs import campaign_flight, cluster
from lupex_rover.runs.cluster import NotFlown
from lupex_rover.scenarios import scenario as scenarios

BARE = """
import asyncio, sys
sys.modules["lupex_rover"] = None  # as where it is not installed
from distributed import Scheduler, Worker

async def main():
    options = dict(host="127.0.0.1", dashboard_address=None)
    async with Scheduler(port=0, **options) as s, Worker(s.address, nthreads=1, **options):
        print(s.address, flush=True)
        await s.finished()

asyncio.run(main())
"""


@pytest.fixture
def bare_cluster():
    """Address of a scheduler whose worker lacks the package."""
    started = subprocess.Popen(
        [sys.executable, "-c", BARE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    yield started.stdout.readline().strip()
    started.kill()
    started.wait()


def test_cases_of_a_cluster_without_the_package(bare_cluster, tmp_path, capsys):
    out = tmp_path / "out"
    words = (
        "campaign",
        "reference",
        "--seeds",
        "1,2",
        "--scheduler",
        bare_cluster,
        "--trusted-network",
    )
    assert run([*words, "--out", str(out)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"--scheduler {bare_cluster}: 1 of 1 workers: tcp://" in line
    assert "cannot run this program (ModuleNotFoundError" in line and "install" in line
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("address", ["tcp://10.0.0.7:8786", "ws://10.0.0.7:8786"])
def test_a_scheduler_that_asks_for_no_credentials_is_refused_unless_the_network_is_trusted(
    address, monkeypatch
):
    """Before anything is sent to it."""
    reached = []
    monkeypatch.setattr(distributed, "Client", lambda *a, **k: reached.append(a) or _Empty())
    with pytest.raises(UserError, match=f"{address}: asks nobody for .*--trusted-network"):
        next(cluster.rows([scenarios.read("reference")], address))
    assert not reached
    with pytest.raises(UserError, match="has no workers"):
        next(cluster.rows([scenarios.read("reference")], address, trusted=True))
    assert reached == [(address,)]
    cluster.check_address("tls://10.0.0.7:8786", trusted=False)


class _Empty:
    def scheduler_info(self):
        return {"workers": {}}

    def close(self):
        pass


class Answers:
    """A client whose workers answer what they are given."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def run(self, *_, **__):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {f"tcp://w{n}": one for n, one in enumerate(answer)}


OTHER = {**cluster.program(), "lupex_rover": "0.1.0 (abcd)"}


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([[cluster.program(), OTHER]], "1 of 2 workers: tcp://w1: lupex_rover is 0.1.0 .abcd. th"),
        ([[{}]], "lupex_rover is none there"),
        ([[cluster.program()], ["/far.tif: no such map there"]], "tcp://w0: /far.tif: no such map"),
        ([RuntimeError("gone")], "c: cannot be asked for its program .RuntimeError: gone."),
    ],
)
def test_cases_of_a_cluster_that_cannot_run_the_program(answers, told):
    with pytest.raises(UserError, match=told):
        cluster.check(Answers(*answers), "c", scenarios.read("reference"))


def test_a_cluster_of_this_program_is_taken():
    cluster.check(Answers([cluster.program()], [""]), "c", scenarios.read("reference"))


def test_a_worker_that_came_later_is_looked_at_too(tmp_path):
    flown = scenarios.read("reference", base_map=str(tmp_path / "none.tif"))
    with pytest.raises(Broken, match=r"none\.tif: no such map there"):
        cluster.fly(flown, cluster.program())
    with pytest.raises(Broken, match="lupex_rover is .* there and 0.1.0"):
        cluster.fly(flown, OTHER)


def _no_memory(_):
    raise MemoryError


def _no_file(_):
    try:
        raise FileNotFoundError
    except OSError:
        raise UserError("map: cannot be read") from None


def _breaks(_):
    raise ZeroDivisionError("a wheel")


def test_what_the_machine_lacks_is_no_result_of_a_run_and_what_breaks_is(monkeypatch):
    flown = scenarios.read("reference", seed=7)
    for broken, raised in ((_no_memory, MemoryError), (_no_file, UserError)):
        monkeypatch.setattr(campaign_flight, "_fly", broken)
        with pytest.raises(raised):
            campaign_flight.fly_row(flown, cluster.MACHINERY)
    monkeypatch.setattr(campaign_flight, "_fly", _breaks)
    row = campaign_flight.fly_row(flown, cluster.MACHINERY)
    assert (row["seed"], row["outcome"]) == (7, "failed")
    assert row["why"] == "ZeroDivisionError: a wheel"


def test_cases_of_seeds_that_the_machinery_lost():
    with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as c:
        seed_of = {
            c.submit(work, seed): seed
            for seed, work in enumerate((lambda s: {"seed": s}, _no_memory, _no_file))
        }
        told = list(cluster._ended(c, "c", seed_of))
    assert sorted(r["seed"] if isinstance(r, dict) else r.seed for r in told) == [0, 1, 2]
    lost = {r.seed: r.why for r in told if isinstance(r, NotFlown)}
    assert lost == {1: "needs more memory than there is", 2: "map: cannot be read"}


def test_a_campaign_keeps_no_row_of_a_lost_seed_and_flies_it_again(tmp_path, monkeypatch, capsys):
    row = {**dict.fromkeys(campaign_flight.COLUMNS), "outcome": "success", "why": "", "seed": 1}
    asked = []

    def rows(flights, **_):
        asked.append([f.seed for f in flights])
        yield from [NotFlown(f.seed, "worker died") for f in flights if f.seed == 2]
        yield from [{**row, "hard": False} for f in flights if f.seed == 1]

    monkeypatch.setattr(cluster, "rows", rows)
    words = ["campaign", "reference", "--seeds", "1,2", "--out", str(tmp_path / "out")]
    assert run(words) == 1
    said = capsys.readouterr().out
    assert "seed 2: not flown: worker died" in said and "1 seed was not flown" in said
    assert run(words) == 1
    assert asked == [[1, 2], [2]]
    assert "no seed was flown; seed 2: worker died" in capsys.readouterr().err
    kept = (tmp_path / "out" / "runs.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in kept] == ["seed", "1"]


@pytest.mark.parametrize("address", ["tls://127.0.0.1:9", "wss://127.0.0.1:9"])
def test_an_address_that_needs_certificates_is_refused_where_there_are_none(address):
    said = rf"{address}: dask has no certificates here; set"
    with pytest.raises(UserError, match=said), cluster.client_of(address):
        pass
