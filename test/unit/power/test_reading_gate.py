"""A reading that cannot be changes neither the charge nor a load."""

from dataclasses import replace

import numpy as np
import pytest

from lupex_rover.core.component import Inbox
from lupex_rover.core.constants import NS
from lupex_rover.core.types import LOADS, PowerTelemetry
from lupex_rover.power.cell import ocv_v
from lupex_rover.power.manager import PowerManager
from lupex_rover.power.params import PowerParams
from lupex_rover.power.reading_gate import ReadingGate

T0 = 1_861_920_000 * NS


def reading(second: int, soc: float = 0.9) -> PowerTelemetry:
    """Loads of 56 W on the battery alone, books in order."""
    load_w = np.zeros(16)
    load_w[LOADS.index("computer")] = 56.0
    amp = -56.0 / (8 * ocv_v(soc))
    volts = 8 * ocv_v(soc) + amp * 0.015
    return PowerTelemetry(
        T0 + second * NS, 28.0, volts, amp, 15.0, np.zeros(3), 0x0FFF, load_w
    )  # fmt: skip


class Rig:
    def __init__(self) -> None:
        self.manager, self.second = PowerManager(PowerParams()), 0
        self.said: list[tuple[str, object]] = []
        for _ in range(60):
            self.step()
        self.said.clear()

    @property
    def soc(self) -> float:
        return self.manager._filter.soc

    def step(self, **over: object) -> None:
        self.second += 1
        m = replace(reading(self.second), **over)  # type: ignore[arg-type]
        out = self.manager.step(m.stamp_ns, Inbox({"power/telemetry": [m]}))
        self.said += [(t, s) for t, s in out.messages if t in ("power/switch", "mission/event")]

    def codes(self) -> list[str]:
        return [s.code for t, s in self.said if t == "mission/event"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "over",
    [{"battery_a": -1e6}, {"battery_a": 1e6}, {"battery_a": -200.0}, {"battery_a": 3e38},
     {"battery_v": 1e6}, {"battery_v": -5.0}, {"bus_v": 3e38}, {"battery_degc": -1e30},
     {"load_w": np.full(16, 1e6)}, {"array_a": np.full(3, -1e6)}],
)  # fmt: skip
def test_one_reading_that_cannot_be_changes_no_charge_and_sheds_no_load(over):
    rig, twin = Rig(), Rig()
    rig.step(**over)
    twin.step()
    for _ in range(60):
        rig.step()
        twin.step()
    assert abs(rig.soc - twin.soc) < 1e-4
    assert rig.manager._filter.sigma == pytest.approx(twin.manager._filter.sigma, rel=1e-2)
    assert rig.codes() == ["PWR-015"] and not [t for t, _ in rig.said if t == "power/switch"]


def test_currents_that_agree_win_where_a_sensor_can_read_them():
    """A load that nobody measures draws the battery down: the books are wrong, not the sensor."""
    gate = ReadingGate(PowerParams())
    gate.take(reading(0))
    told = [gate.take(replace(reading(k), battery_a=-60.0)) for k in (1, 2, 3, 4)]
    believed = [m.battery_a for m, _ in told if m is not None]
    assert believed == [pytest.approx(-1.8, abs=0.2)] * 2 + [-60.0] * 2
    assert [len(refused) for _, refused in told] == [1, 1, 0, 0]


def test_a_current_beyond_the_sensor_never_wins_and_one_refusal_does_not_hide_another():
    rig, twin = Rig(), Rig()
    for _ in range(120):
        rig.step(battery_a=-1e6, battery_degc=1e9)
        twin.step()
    assert abs(rig.soc - twin.soc) < 0.001
    assert rig.codes() == ["PWR-015"] * 4, "two sensors, each told once a minute"
    texts = [s.text for t, s in rig.said if t == "mission/event"]  # type: ignore[attr-defined]
    assert texts[2].endswith("so far)")


def test_a_short_that_is_real_still_sheds():
    rig = Rig()
    for _ in range(3):
        rig.step(battery_a=-240.0, battery_v=15.0, bus_v=15.0)
    assert "PWR-004" in rig.codes()


def test_a_reading_from_the_future_counts_as_silence():
    rig = Rig()
    before = rig.manager._last
    rig.second += 1
    ahead = replace(reading(rig.second), stamp_ns=T0 + 10_000 * NS)
    rig.manager.step(T0 + rig.second * NS, Inbox({"power/telemetry": [ahead]}))
    assert rig.manager._last is before
