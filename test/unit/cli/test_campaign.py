"""A campaign's seeds, draws, folder and page; the flights themselves are in system/."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import stats

from lupex_rover.cli.campaign import seeds_of
from lupex_rover.core.errors import UserError
from lupex_rover.report import campaign_page
from lupex_rover.report.campaign_summary import complaint, summary
from lupex_rover.runs import dispersions
from lupex_rover.runs.campaign_file import CampaignFolder
from lupex_rover.runs.campaign_flight import COLUMNS
from lupex_rover.runs.cluster import SCHEDULER, client_of
from lupex_rover.scenarios import scenario as scenarios

SHIPPED = Path(__file__).parents[3] / "config" / "campaigns"


def row(seed, **values):
    whole = dict.fromkeys(COLUMNS)
    whole.update(
        seed=seed, outcome="success", why="", error_m=3.0, east_m=1.0, north_m=-2.0, slope_deg=2.0,
        rock_m=0.0, safe_within_m=0.0, hard=False, fixes=40, rejected=2, cpu_s=9.5, camera_px=512,
        sun_elevation_deg=2.5,
    )  # fmt: skip
    return {**whole, **values}


# --- seeds


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0..3", [0, 1, 2, 3]), ("1,2,5", [1, 2, 5]), ("7", [7]), ("4, 0..2,1", [4, 0, 1, 2])],
)
def test_seeds_are_read(text, seeds):
    assert seeds_of(text) == seeds


@pytest.mark.parametrize(
    "text",
    ["", "a", "1..", "..4", "5..2", "-1", "0..99999999", "2147483648", 5000 * "9", "٣", "nan"],
)
def test_wrong_seeds_are_named(text):
    with pytest.raises(UserError, match="--seeds"):
        seeds_of(text)


# --- what is varied


def file_of(folder, text):
    path = folder / "vary.yaml"
    path.write_text(text)
    return path


def test_draws_are_even_within_their_range_and_the_same_for_the_same_seed(tmp_path):
    lines = dispersions.read(file_of(tmp_path, """
        simulator.lander.position_sigma_m: {uniform: [100, 400]}
        simulator.world.map_noise_m: {log_uniform: [0.1, 10.0]}
        simulator.engine.descent_camera_px: {choice: [384, 512]}
        simulator.eps.battery.parallel: {uniform: [5, 9]}
        start_soc: 0.5
    """))  # fmt: skip
    sigma, noise, px, cells, soc = ([line.draw(seed) for seed in range(400)] for line in lines)
    assert stats.kstest(sigma, stats.uniform(100, 300).cdf).pvalue > 0.01
    assert stats.kstest(np.log10(noise), stats.uniform(-1, 2).cdf).pvalue > 0.01
    assert abs(np.mean(np.array(px) == 384) - 0.5) < 0.1
    assert set(cells) == {5, 6, 7, 8, 9} and set(soc) == {0.5}
    assert sigma == [lines[0].draw(seed) for seed in range(400)]
    assert abs(np.corrcoef(sigma, np.log(noise))[0, 1]) < 0.15


def test_a_scenario_takes_the_draws_and_keeps_the_rest(tmp_path):
    base = scenarios.read("reference")
    lines = dispersions.read(file_of(tmp_path, """
        simulator.lander.gate_m: 250.0
        site.landing_slope_deg: 5.0
        nodes.landing.hazard.divert_m: 30.0
    """))  # fmt: skip
    made = dispersions.apply(base, lines, 9)
    assert made.seed == 9
    assert made.simulator == {"lander": {"gate_m": 250.0}}
    assert made.nodes["navigator"] == base.nodes["navigator"]
    assert made.nodes["landing"] == {"hazard": {"divert_m": 30.0}}
    assert made.site.landing_slope_deg == 5.0 and made.site.centres == base.site.centres
    assert base.simulator == {}
    assert base.nodes["landing"] == scenarios.read("reference").nodes["landing"]
    assert base.nodes["landing"]["hazard"]["divert_m"] != 30.0


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("simulator.lander.position_sigma: 3", "position_sigma"),
        ("simulator.rocket.thrust: 3", "simulator.rocket.thrust"),
        ("seed: 3", "seed"),
        ("weather: fine", "weather"),
        ("start_soc.now: 1", "start_soc"),
        ("start_soc: {normal: [0.5, 0.1]}", "normal"),
        ("start_soc: {uniform: [0.9, 0.5]}", r"\[low, high\]"),
        ("start_soc: {uniform: [0.5, 5.0]}", "start_soc"),
        ("start_soc: {uniform: 0.5}", "expected a list"),
        ("start_soc: {log_uniform: [0, 0.5]}", r"\[low, high\]"),
        ("start_soc: {choice: [0.5, high]}", "start_soc"),
        ("start_soc: .nan", "start_soc"),
        ("simulator.engine.descent_camera_px: {choice: [512.5]}", "descent_camera_px"),
    ],
)
def test_a_wrong_line_is_refused_by_name(tmp_path, line, named):
    with pytest.raises(UserError, match=named):
        dispersions.read(file_of(tmp_path, line))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_files_are_right(path):
    lines = dispersions.read(path)
    for seed in range(20):
        dispersions.apply(scenarios.read("reference"), lines, seed)


def test_every_section_that_can_be_varied_is_there():
    for sections in dispersions.CLASSES.values():
        for where in sections.values():
            module, name = where.split(":")
            assert hasattr(dispersions.import_module(f"lupex_rover.{module}"), name)


# --- the folder


def folder(path, *lines):
    return CampaignFolder(path, scenarios.read("reference", phases=("descent",)), list(lines))


def test_rows_come_back_as_they_were_and_a_torn_one_is_dropped(tmp_path):
    first = folder(tmp_path)
    told = [row(0), row(1, hard=True, why="a, b"), row(2, error_m=None, outcome="failed")]
    for one in told:
        first.add(one)
    assert folder(tmp_path).rows == told
    path = tmp_path / "runs.csv"
    path.write_text(path.read_text() + "3,success,,1.2")
    again = folder(tmp_path)
    assert again.rows == told
    again.add(row(3))
    assert [r["seed"] for r in folder(tmp_path).rows] == [0, 1, 2, 3]


@pytest.mark.parametrize("torn", [b"3,success\n", b'3,failed,"first line\n', b"3,failed,\xc3"])
def test_a_row_cut_anywhere_is_dropped_and_flown_again(tmp_path, torn):
    """Within a number, after a line of a text of several, within a letter of two bytes."""
    first = folder(tmp_path)
    for seed in (1, 2):
        first.add(row(seed, why="a\u2028b\nc"))
    rows = tmp_path / "runs.csv"
    whole = rows.read_bytes()
    rows.write_bytes(whole + torn)
    assert [r["seed"] for r in folder(tmp_path).rows] == [1, 2]
    assert rows.read_bytes() == whole
    assert folder(tmp_path).rows[1]["why"] == "a\u2028b\nc"


def test_of_a_seed_flown_twice_the_first_row_counts_and_no_number_is_infinite(tmp_path):
    first = folder(tmp_path)
    for error in (2.0, 4.0):
        first.add(row(1, error_m=error, slope_deg=float("inf")))
    (again,) = folder(tmp_path).rows
    assert again["error_m"] == 2.0 and again["slope_deg"] is None


def test_a_scheduler_that_is_no_address_is_refused_and_the_folder_left_to_others(tmp_path):
    for text in ("foo", "tcp://host", "tcp://host:1:2"):
        refused = pytest.raises(UserError, match=f"--scheduler {text}: is not of the form")
        with refused, client_of(text):
            pass
    for text in ("tcp://127.0.0.1:8786", "tls://node-3.lab:1", "tcp://[::1]:8786"):
        assert SCHEDULER.fullmatch(text)
    begun = folder(tmp_path)
    begun.abandon()
    assert not list(tmp_path.glob("campaign.json")) and not list(tmp_path.glob("runs.csv"))
    begun = folder(tmp_path)
    begun.add(row(1))
    begun.abandon()
    assert len(folder(tmp_path).rows) == 1


def test_phases_named_twice_and_a_sun_upside_down_are_refused():
    with pytest.raises(UserError, match="names one twice"):
        scenarios.read("reference", phases=("descent", "descent"))
    with pytest.raises(UserError, match="start_sun_deg"):
        scenarios.read("reference", start_sun_deg=(6.0, 1.0))


def test_a_folder_of_another_campaign_or_of_no_rows_is_refused(tmp_path):
    folder(tmp_path / "a").add(row(0))
    with pytest.raises(UserError, match="another"):
        folder(tmp_path / "a", dispersions.Dispersion("start_soc", "fixed", (0.5,), False))
    (tmp_path / "a" / "runs.csv").write_text("x,y\n1,2\n")
    with pytest.raises(UserError, match=r"runs\.csv"):
        folder(tmp_path / "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--out"):
        folder(tmp_path / "file")


@pytest.mark.parametrize("text", ["x,y\n", "x,y", "my notes\n", "seed,outcome\n", "seed\n1\n"])
def test_a_foreign_table_is_refused_and_nothing_of_its_folder_changed(tmp_path, text):
    rows = tmp_path / "runs.csv"
    rows.write_text(text)
    with pytest.raises(UserError, match=r"runs\.csv: not the rows of a campaign"):
        folder(tmp_path)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"runs.csv": text}


@pytest.mark.parametrize("part", [0, 1, 40, None])
def test_a_head_that_was_cut_off_is_written_anew(tmp_path, part):
    whole = ",".join(COLUMNS) + "\n"
    (tmp_path / "runs.csv").write_text(whole[: len(whole) - 1 if part is None else part])
    assert folder(tmp_path).rows == []
    assert (tmp_path / "runs.csv").read_text() == whole


def test_a_full_disk_is_named_and_the_rows_before_are_kept(tmp_path, monkeypatch):
    begun = folder(tmp_path)
    begun.add(row(1))

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(UserError, match=r"runs\.csv: cannot"):
        patched.setattr("csv.DictWriter.writerow", full)
        begun.add(row(2))
    assert [r["seed"] for r in folder(tmp_path).rows] == [1]
    line = dispersions.Dispersion("start_soc", "fixed", (0.5,), False)
    varied = CampaignFolder(tmp_path / "v", scenarios.read("reference"), [line])
    (tmp_path / "v" / "scenarios").write_text("in the way")
    with pytest.raises(UserError, match=r"scenarios.*cannot be written"):
        varied.keep(scenarios.read("reference"))


def test_the_command_flies_the_same_scenario_again(tmp_path):
    line = dispersions.Dispersion("simulator.lander.gate_m", "uniform", (200.0, 300.0), False)
    base = scenarios.read("reference", phases=("descent",))
    varied = CampaignFolder(tmp_path, base, [line])
    flown = dispersions.apply(base, [line], 4)
    varied.keep(flown)
    words = varied.command(4).split()
    read = scenarios.read(words[words.index("--scenario") + 1], seed=4, phases=("descent",))
    assert read.simulator == flown.simulator and read.site == flown.site
    assert read.phases == flown.phases and read.success == flown.success
    assert words[-2:] == ["--host", "harness"]
    assert yaml.safe_load((tmp_path / "scenarios" / "4.yaml").read_text())["seed"] == 4


# --- summary and page


def test_what_counts_as_a_failure():
    assert complaint(row(0)) is None
    assert complaint(row(0, slope_deg=11.0, safe_within_m=None)) is None  # nowhere else to go
    assert "slope" in complaint(row(0, slope_deg=11.0, safe_within_m=3.0))
    assert "rock" in complaint(row(0, rock_m=0.31, safe_within_m=3.0))
    assert "hard" in complaint(row(0, hard=True))
    assert "lost" in complaint(row(0, outcome="failed", why="lost"))


def test_summary_counts_and_takes_percentiles_from_above():
    rows = [row(i, error_m=float(i)) for i in range(1, 201)]
    rows += [row(0, outcome="failed", error_m=None, slope_deg=None)]
    told = summary(rows)
    assert (told["runs"], told["landed"], told["failures"], told["unsafe"]) == (201, 200, 1, 0)
    assert (told["error_median_m"], told["error_p99_m"], told["error_max_m"]) == (100, 198, 200)
    assert summary([])["error_p99_m"] is None


def test_the_ellipse_holds_99_percent():
    rng = np.random.default_rng(0)
    spread = np.array([[3.0, 0.0], [2.0, 1.0]])
    points = rng.standard_normal((20000, 2)) @ spread.T + [5.0, -2.0]
    x, y = campaign_page.ellipse(*points.T)
    unit = np.linalg.solve(spread, points.T - np.array([[5.0], [-2.0]]))
    edge = np.linalg.solve(spread, np.stack((x, y)) - np.array([[5.0], [-2.0]]))
    assert np.hypot(*edge) == pytest.approx(np.sqrt(stats.chi2.ppf(0.99, 2)), rel=0.05)
    assert np.mean(np.hypot(*unit) < np.hypot(*edge).mean()) == pytest.approx(0.99, abs=0.003)


def test_the_page_tells_plots_and_failures(tmp_path):
    rows = [row(0), row(1, east_m=2.0), row(2, slope_deg=12.0, safe_within_m=4.0), row(3)]
    rows.append(row(4, outcome="failed", why="<broken>", error_m=None, east_m=None))
    page = campaign_page.write(tmp_path, "Campaign <x>", rows, {s: f"fly {s}" for s in range(5)})
    text = page.read_text()
    for word in ("99 % ellipse", "Sun elevation", "fly 2", "fly 4", "&lt;broken&gt;"):
        assert word in text
    assert "fly 3" not in text
    assert campaign_page.render("empty", [], {})
