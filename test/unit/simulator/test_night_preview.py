"""`lupex night` on a plain at the pole's edge: the answer, and what it refuses."""

import json
import subprocess
import sys

import numpy as np
import pytest

from lupex_rover.core.constants import NS
from lupex_rover.core.errors import UserError
from lupex_rover.ephemeris import xy_of
from lupex_rover.simulator.night_preview import live_through
from lupex_rover.simulator.site.darkness import Darkness, longest_dark_h, next_darkness
from lupex_rover.terrain.dem import Dem
from lupex_rover.terrain.dem_file import write_dem

HALF = 60


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Flat ground 5 degrees from the pole, where the Sun sets for two weeks; its middle."""
    x, y = xy_of(np.radians(-85.0), np.radians(40.0))
    x, y = round(x), round(y)
    heights = np.zeros((2 * HALF + 1, 2 * HALF + 1), np.float32)
    path = tmp_path_factory.mktemp("plain") / "plain.tif"
    write_dem(Dem(heights, x - HALF * 20.0, y - HALF * 20.0, 20.0), path)
    return path, x, y


def night(plain, *more, at=None, start="2029-06-01T00:00:00Z"):
    path, x, y = plain
    place = at or (x, y)
    command = [sys.executable, "-m", "lupex_rover.cli", "night", "--map", str(path), "--at",
               *map(str, place), "--from", start, "--json", *more]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_more_charge_at_dusk_leaves_more_at_dawn_and_too_little_is_lost_with_a_reason(plain):
    full, low = (json.loads(night(plain, "--soc", s).stdout) for s in ("0.95", "0.2"))
    assert full["dark_h"] == low["dark_h"] > 24.0
    assert full["margin_wh"] > low["margin_wh"]  # both are flat in the end: what was missing
    assert not low["survives"] and low["reason"]


@pytest.mark.parametrize("more, name", [(("--soc", "1.5"), "--soc"), (("--soc", "nan"), "--soc")])
def test_a_charge_that_cannot_be_is_refused_by_name(plain, more, name):
    done = night(plain, *more)
    assert done.returncode == 2
    assert name in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def pit(tmp_path_factory):
    """A hole at the pole under walls of 11 degrees, where the Sun never comes."""
    heights = np.full((61, 61), 2000.0, np.float32)
    heights[20:41, 20:41] = 0.0
    path = tmp_path_factory.mktemp("pit") / "pit.tif"
    write_dem(Dem(heights, -30e3, -30e3, 1000.0), path)
    return path, 0, 0


def test_no_rover_lives_where_the_darkness_never_ends(pit):
    done = night(pit, "--soc", "1.0")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["survives"] is False
    assert "no light to live on within 400 days" in told["reason"] and "flat" in told["reason"]
    assert told["flat_utc"] > told["dusk_utc"] == "2029-06-01T00:00:00.000Z"
    for key in ("dawn_utc", "dark_h", "margin_wh", "wake_utc", "wake_by"):
        assert told[key] is None


def test_a_darkness_without_end_is_no_absence_of_darkness():
    times = 3600 * 10**9 * np.arange(48)
    share = np.r_[np.ones(20), np.zeros(28)]
    found = next_darkness(times, share, np.zeros(48), 6.0)
    assert not found.ends and found.dusk_ns == times[20] and found.dawn_ns == times[-1]
    assert next_darkness(times, np.ones(48), np.zeros(48), 6.0) is None


def test_a_glimpse_of_the_sun_ends_no_night_and_a_morning_does():
    """20 h lit, 30 dark, 5 of a disc of 30 % (1.25 h over what wakes it), 40 dark, light."""
    times = 3600 * 10**9 * np.arange(200)
    share = np.concatenate([np.ones(20), np.zeros(30), np.full(5, 0.3), np.zeros(40), np.ones(105)])
    found = next_darkness(times, share, np.zeros(200), 6.0)
    assert (found.dusk_ns, found.dawn_ns, found.ends) == (times[20], times[95], True)
    assert longest_dark_h(times, share) == 75.0
    share[50:55] = 0.8  # 3.75 h
    found = next_darkness(times, share, np.zeros(200), 6.0)
    assert (found.dusk_ns, found.dawn_ns) == (times[20], times[50])
    running = next_darkness(times, share, np.zeros(200), 6.0, after_ns=int(times[60]))
    assert (running.dusk_ns, running.dawn_ns) == (times[55], times[95])
    assert longest_dark_h(times, share) == 40.0


def test_a_night_that_runs_already_is_told_from_its_dusk(plain):
    before = json.loads(night(plain).stdout)
    inside = before["dusk_utc"][:10] + "T23:59:00Z"
    told = json.loads(night(plain, start=inside).stdout)
    assert told["from_utc"] == inside > told["dusk_utc"]
    assert abs(told["dark_h"] - before["dark_h"]) < 0.4  # the series is of ten minutes
    assert told["light_h"] > 24.0 and told["next_dark_h"] > 24.0


def test_what_was_missing_grows_with_what_the_battery_lacked():
    margins = [sleep_through(hours=340.0, soc=soc).margin_wh for soc in (0.05, 0.1, 0.3, 0.5)]
    assert margins == sorted(margins) and margins[-1] < 0.0
    # 45 % of a pack of 4.1 kWh lie between the ends; cold cells give a little less
    assert margins[-1] - margins[0] == pytest.approx(0.45 * 4100.0, rel=0.15)


def test_where_it_is_never_dark_nothing_is_simulated(tmp_path):
    heights = np.zeros((41, 41), np.float32)
    heights[20, 20] = 3000.0  # a needle that looks over the pole's edge
    write_dem(Dem(heights, -20.0, -20.0, 1.0), tmp_path / "needle.tif")
    drawn = tmp_path / "sky.png"
    told = json.loads(night((tmp_path / "needle.tif", 0, 0), "--draw", str(drawn)).stdout)
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert told["survives"] is True and "never dark" in told["reason"] and told["dark_h"] == 0.0


def test_a_place_off_the_map_is_refused(plain):
    done = night(plain, at=(plain[1] + 1e6, plain[2]))
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1


def test_json_tells_what_was_decided_at_dusk_and_a_picture_is_drawn(plain, tmp_path):
    done = night(plain, "--draw", str(tmp_path / "night.png"))
    told = json.loads(done.stdout)
    assert {"survives", "reason", "dusk_utc", "dawn_utc", "dark_h", "soc_min", "margin_wh",
            "wake_utc", "wake_by", "flat_utc", "min_battery_degc", "min_electronics_degc",
            "set_points_degc", "code", "foretold", "soc_at_dusk"} <= set(told)  # fmt: skip
    assert told["code"] in ("PWR-000", "PWR-008") and len(told["set_points_degc"]) == 2
    assert (tmp_path / "night.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_fault_is_refused_by_name(plain):
    done = night(plain, "--fault", "gremlin")
    assert done.returncode == 2 and "gremlin" in done.stderr and "panel" in done.stderr


SHORT = 1_870_000_000 * NS


def sleep_through(*faults, hours=100.0, soc=0.95, lit_k=220.0):
    """A night of `hours` in front of a plain Sun of 2 degrees that rises on the left."""
    dark = Darkness(SHORT, SHORT + int(hours * 3600) * NS, 1.0)

    def light_at(t_ns):
        return 1.0, 0.03, float(t_ns >= dark.dawn_ns)

    return live_through(dark, light_at, soc, (lit_k, 90.0), faults=faults)


def test_a_night_is_lived_through_with_each_fault_and_by_the_keeper():
    """100 h at 95 %: what is survivable at all is survived, woken by light."""
    whole = sleep_through()
    assert whole.survives and whole.wake_by == "light"
    assert len(whole.decisions) >= 8 and whole.decisions[0].code == "PWR-000"
    assert whole.battery_degc == pytest.approx(whole.decisions[0].set_points[0], abs=1.0)
    for fault in ("late-dawn", "reset", "clock", "panel"):
        lived = sleep_through(fault)
        assert lived.survives, (fault, lived.reason)
    broken = sleep_through("battery-heater")
    assert broken.battery_degc < whole.battery_degc - 5.0
    with pytest.raises(UserError, match="gremlin"):
        sleep_through("gremlin")


def test_a_battery_without_heater_is_warmed_by_every_load_when_it_is_cold():
    """78 h at 95 %: asleep the battery freezes before dawn."""
    lived = sleep_through("battery-heater", hours=78.0)
    assert lived.survives, lived.reason
    busy = [one for one in lived.decisions if one.busy]
    assert busy and not lived.decisions[0].busy
    assert max(row[3] for row in lived.history) > 60.0  # W of all loads


def test_a_battery_without_heater_is_followed_until_it_takes_charge():
    """Ground of 220 K leaves it a kelvin too cold for that, ground of 270 K does not."""
    cool, warm = (sleep_through("battery-heater", hours=60.0, lit_k=k) for k in (220.0, 270.0))
    assert cool.survives and not cool.charge_ns and "takes no charge" in cool.reason
    assert warm.survives and "takes charge" in warm.reason
    assert warm.charge_ns > warm.wake_ns + 10 * 3600 * NS
    assert sleep_through("panel", hours=60.0).charge_ns == 0  # not followed


def test_a_battery_that_freezes_in_the_morning_is_lost():
    """Woken by light, it has yet to live through the hours until the Sun warms: one of two does."""
    lived, lost = (sleep_through("battery-heater", hours=hours) for hours in (100.0, 105.0))
    assert lived.wake_ns and lived.survives
    assert lost.wake_ns and not lost.survives and "froze" in lost.reason


def test_a_night_that_is_lost_was_foretold():
    lost = sleep_through(hours=340.0, soc=0.5)
    assert not lost.survives and lost.decisions[0].code == "PWR-008"
    assert "freeze after" in lost.decisions[0].text
