"""The power manager: knows the charge, tells the mode, sheds loads, keeps the battery warm."""

from __future__ import annotations

from typing import Any

from lupex_rover import graph
from lupex_rover.core.complaints import Complaints
from lupex_rover.core.component import Component, Inbox, Outbox
from lupex_rover.core.sensor_limits import is_place
from lupex_rover.core.time import AHEAD_S, ns, seconds
from lupex_rover.core.types import (
    LOADS,
    HeaterSet,
    LoadSwitch,
    PowerState,
    PowerTelemetry,
)
from lupex_rover.power.battery_report import battery
from lupex_rover.power.cell import energy_wh
from lupex_rover.power.codes import CODES
from lupex_rover.power.energy_monitor import EnergyMonitor
from lupex_rover.power.estimator import SocFilter, all_finite
from lupex_rover.power.params import PowerParams
from lupex_rover.power.reading_gate import ReadingGate
from lupex_rover.power.shedding import Shedder

_SILENT_S = 10.0
_TELL_AGAIN_S = 60.0
_COMMAND_S = 5.0  # telemetry older than this does not give a command its stamp
_COUNTED_S = 2.0  # of a long step
_WARM_MARGIN_K = 3.0
_SPENT_W = 1.0  # a heater that draws less is off
_BATTERY_HEATER = LOADS.index("battery_heater")
_LAST_NS = 2**63  # stamps on the graph end before it
_HOLD_NS = ns(60.0)  # a mode lasts at least this long, unless the next one is worse
_RANK = {"normal": 0, "saving": 1, "survival": 2}
_MODE_CODE = {"normal": "PWR-011", "saving": "PWR-002", "survival": "PWR-003"}


def _is_finite(m: PowerTelemetry) -> bool:
    """Every number of the reading is one; a reading that has another is as good as none."""
    return all_finite(m.bus_v, m.battery_v, m.battery_a, m.battery_degc, *m.array_a, *m.load_w)


class PowerManager(Component):
    """See `power.codes` for what it says.

    The EPS driver drops readings with a number that is not finite; any that come all the same,
    from another publisher, are not taken in, and count as silence. So do readings from the
    future and those that cannot be (`reading_gate`).

    After a restart the charge comes from the stored value, the expected draw since, and the
    first voltage.
    """

    name = "power"
    inputs = (graph.POWER_TELEMETRY, graph.LOCALIZATION_POSE)
    outputs = (graph.POWER_BATTERY, graph.POWER_STATE, graph.POWER_DIAGNOSTICS, graph.POWER_SWITCH,
               graph.POWER_HEATER, graph.MISSION_EVENT)  # fmt: skip
    period_s = 1.0

    def __init__(self, params: PowerParams, watch: EnergyMonitor | None = None) -> None:
        self._p = params
        self._watch = watch or EnergyMonitor(array=params.array)
        self._filter = SocFilter(params)
        self._gate = ReadingGate(params)
        self._refusals = Complaints(_TELL_AGAIN_S)
        self._t_ns = 0
        self._shedder = Shedder(params)
        self._last: PowerTelemetry | None = None
        self._stored_ns: int | None = None
        self._persisted_ns = 0
        self._step_ns = 0
        self._silent_s = 0.0
        self._mode = "normal"
        self._mode_ns = 0
        self._cold: bool | None = None
        self._heated_ns = 0  # last time that the battery's heater gave heat or was not asked to
        self._lending = False  # the electronics' heater warms the battery, too
        self._storing = False  # light that a full battery leaves warms it for the night

    def restore(self, state: dict[str, Any]) -> None:
        self._filter.recall(state)
        stored_ns = state.get("t_ns")
        known = isinstance(stored_ns, int) and 0 <= stored_ns < _LAST_NS
        self._stored_ns = stored_ns if known else None

    def step(self, t_ns: int, inbox: Inbox) -> Outbox:
        out = Outbox()
        self._t_ns = t_ns
        telemetry = self._believed(inbox, out)
        where = inbox.latest(graph.LOCALIZATION_POSE)
        if where is not None and is_place(where.pose.position_m):
            self._watch.stand(where.stamp_ns, where.pose)
        for m in telemetry:
            self._estimate(m, out)
            self._shed(m, out)
            for panel in self._watch.update(m):
                self._say(m, out, "PWR-014", f"{panel} panel gives nothing in full sunlight")
        self._listen(t_ns, bool(telemetry), out)
        if telemetry:
            m = telemetry[-1]
            self._decide_mode(m, out)
            self._keep_warm(m, out)
            self._tell(m, out)
            if seconds(t_ns, self._persisted_ns) >= self._p.persist_s:
                self._persisted_ns = t_ns
                out.persist = {**self._filter.memory(), "t_ns": m.stamp_ns}
        return out

    def _believed(self, inbox: Inbox, out: Outbox) -> list[PowerTelemetry]:
        """The readings that may be used, as far as they may be."""
        good = []
        for m in inbox.all(graph.POWER_TELEMETRY):
            if not _is_finite(m) or seconds(m.stamp_ns, self._t_ns) > AHEAD_S:
                continue
            believed, refused = self._gate.take(m)
            for no in refused:
                if self._refusals.add(no.what, self._t_ns):
                    done = "reading left out" if no.whole else "number replaced"
                    text = f"{no.what}: {no.why}; {done}{self._refusals.so_far(no.what)}"
                    event = CODES.event(self._t_ns, self.name, "PWR-015", text)
                    out.publish(graph.MISSION_EVENT, event)
            if believed is not None:
                good.append(believed)
        return good

    def _command_ns(self, m: PowerTelemetry) -> int:
        """Stamp of a command that `m` led to: its own, unless the EPS's clock is off."""
        fresh = abs(seconds(self._t_ns, m.stamp_ns)) <= _COMMAND_S
        return m.stamp_ns if fresh else self._t_ns

    def _estimate(self, m: PowerTelemetry, out: Outbox) -> None:
        f, last = self._filter, self._last
        self._last = m
        since_ns = last.stamp_ns if last is not None else self._stored_ns
        gap_s = seconds(m.stamp_ns, since_ns) if since_ns is not None else 0.0
        if last is None or gap_s > self._p.gap_s:
            if gap_s > 0.0:
                f.sleep(gap_s)
            elif gap_s < 0.0:
                f.doubt()
            f.start(m.battery_v, m.battery_a, m.battery_degc)
            if since_ns is not None:
                text = f"{f.soc:.1%} +- {f.sigma:.1%} after {gap_s / 3600.0:.1f} h"
                self._say(m, out, "PWR-010", text)
        elif gap_s > 0.0:
            f.predict(gap_s, 0.5 * (last.battery_a + m.battery_a), m.battery_degc)
            f.correct(m.battery_v, m.battery_a, m.battery_degc)

    def _shed(self, m: PowerTelemetry, out: Outbox) -> None:
        for order in self._shedder.update(self._filter.soc, m):
            out.publish(graph.POWER_SWITCH, LoadSwitch(self._command_ns(m), order.load, False))
            if order.code:
                self._say(m, out, order.code, order.text)

    def _listen(self, t_ns: int, heard: bool, out: Outbox) -> None:
        """Telemetry that stays away while this component runs is a fault, told once."""
        step_s = seconds(t_ns, self._step_ns)
        self._step_ns = t_ns
        jumped = not 0.0 <= step_s <= self._p.gap_s
        before = self._silent_s
        self._silent_s = 0.0 if heard or jumped else before + min(step_s, _COUNTED_S)
        if before < _SILENT_S <= self._silent_s:
            text = f"EPS telemetry silent for {_SILENT_S:.0f} s"
            out.publish(graph.MISSION_EVENT, CODES.event(t_ns, self.name, "PWR-006", text))

    def _decide_mode(self, m: PowerTelemetry, out: Outbox) -> None:
        p, soc, margin = self._p, self._filter.soc, self._p.hysteresis_soc
        saving = p.saving_soc + (margin if self._mode != "normal" else 0.0)
        survival = p.survival_soc + (margin if self._mode == "survival" else 0.0)
        mode = "survival" if soc < survival else "saving" if soc < saving else "normal"
        better = _RANK[mode] < _RANK[self._mode]
        if mode == self._mode or (better and m.stamp_ns - self._mode_ns < _HOLD_NS):
            return
        self._mode, self._mode_ns = mode, m.stamp_ns
        self._say(m, out, _MODE_CODE[mode], f"charge {soc:.1%}: {mode} mode")

    def _keep_warm(self, m: PowerTelemetry, out: Outbox) -> None:
        """Day set points at first light; a higher one while a cold battery keeps light out.

        In the dark the heaters stay as they are: the night's set points outlive the computer.
        """
        p = self._p
        light = float(m.array_a.sum()) * m.bus_v > p.light_w
        if self._cold is None:
            if not light:
                return
            self._cold = False
            self._heat(m, out, p.battery_degc)
            out.publish(graph.POWER_HEATER, HeaterSet(self._command_ns(m), 1, p.electronics_degc))
        if not self._cold and light and m.battery_degc < p.cold_degc:
            self._cold = True
            self._heat(m, out, p.battery_charge_degc)
            self._say(m, out, "PWR-009", f"battery at {m.battery_degc:.1f} degC")
        elif self._cold and m.battery_degc > p.cold_degc + _WARM_MARGIN_K:
            self._cold = False
            self._heat(m, out, p.battery_degc)
            self._say(m, out, "PWR-012", f"battery at {m.battery_degc:.1f} degC")
        self._lend_heat(m, light, out)
        self._store_heat(m, light, out)

    def _lend_heat(self, m: PowerTelemetry, light: bool, out: Outbox) -> None:
        """A battery whose heater is dead gets some of the electronics' heat, of spare light."""
        p = self._p
        asked = bool(self._cold) and light and m.load_w[_BATTERY_HEATER] < _SPENT_W
        if not asked:
            self._heated_ns = m.stamp_ns
        dead = seconds(m.stamp_ns, self._heated_ns) > p.heater_dead_s
        spare_w = float(m.array_a.sum()) * m.bus_v - float(m.load_w.sum())
        lend = dead and spare_w > (0.0 if self._lending else p.store_spare_w)
        if lend != self._lending:
            self._lending = lend
            degc = p.electronics_warm_degc if lend else p.electronics_degc
            out.publish(graph.POWER_HEATER, HeaterSet(self._command_ns(m), 1, degc))

    def _store_heat(self, m: PowerTelemetry, light: bool, out: Outbox) -> None:
        """Heat lasts longer than light: what a full battery cannot take warms its box."""
        p = self._p
        least_soc = p.store_soc - (p.hysteresis_soc if self._storing else 0.0)
        spare_w = float(m.array_a.sum()) * m.bus_v - float(m.load_w.sum())
        enough = spare_w > (0.0 if self._storing else p.store_spare_w)
        was = self._storing
        self._storing = light and not self._cold and enough and self._filter.soc >= least_soc
        if self._storing != was and not self._cold:
            self._heat(m, out, p.battery_store_degc if self._storing else p.battery_degc)

    def _heat(self, m: PowerTelemetry, out: Outbox, degc: float) -> None:
        out.publish(graph.POWER_HEATER, HeaterSet(self._command_ns(m), 0, degc))

    def _tell(self, m: PowerTelemetry, out: Outbox) -> None:
        p, f = self._p, self._filter
        told = self._watch.diagnostics(m.stamp_ns)
        if told is not None:
            out.publish(graph.POWER_DIAGNOSTICS, told)
        stored = f.stored_wh
        reserve_wh = energy_wh(p.reserve_soc, f.capacity_ah, p.series)
        out.publish(graph.POWER_BATTERY, battery(m, f, p))
        out.publish(
            graph.POWER_STATE,
            PowerState(
                m.stamp_ns, f.soc, f.sigma, float(m.array_a.sum()) * m.bus_v,
                float(m.load_w.sum()), stored, max(stored - reserve_wh, 0.0), self._mode,
                self._shedder.locked, m.battery_degc,
            ),
        )  # fmt: skip

    def _say(self, m: PowerTelemetry, out: Outbox, code: str, text: str) -> None:
        out.publish(graph.MISSION_EVENT, CODES.event(m.stamp_ns, self.name, code, text))
