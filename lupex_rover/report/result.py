"""`result.json`: what was flown, measured against the simulator's truth and the scenario."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lupex_rover.core.codes import SEVERITIES
from lupex_rover.core.time import to_iso
from lupex_rover.mission.plan import MissionPlan
from lupex_rover.mission.steps import phase_of, steps
from lupex_rover.report import fault_story
from lupex_rover.report.log import MissionLog
from lupex_rover.scenarios.scenario import Scenario, Success


def build(
    scenario: Scenario, plan: MissionPlan, log: MissionLog, summary: dict[str, Any]
) -> dict[str, Any]:
    """The result as plain data; `realtime_factor` is left to the caller, who knows the clock.

    Parameters
    ----------
    summary : dict[str, Any]
        `Engine.summary()`, the truth about the cups.
    """
    result: dict[str, Any] = {
        "outcome": "failure",
        "seed": scenario.seed,
        "scenario": scenario.name,
        "realtime_factor": None,
        "phases": [_phase(p) for p in log.phases],
        "landing": {**_landing(log), "touchdown": summary.get("touchdown")},
        "traverse": _traverse(plan, log),
        "drill": _drill(log),
        "science": {"samples": _water(log, summary)},
        "power": {
            "min_soc": _number(log.min_soc),
            "night_h": _number(log.longest_dark_s / 3600.0),
            "min_battery_degc": _number(log.min_battery_degc),
        },
        "events": [_event(e) for e in log.events],
    }
    if scenario.faults:
        events = sorted(log.events, key=lambda event: event.stamp_ns)
        result["faults"] = fault_story.told(scenario.faults, events, plan.start_ns)
    result["unmet"] = unmet(result, scenario.success, scenario.phases)
    result["outcome"] = _outcome(result, scenario)
    return result


def unmet(result: dict[str, Any], need: Success, phases: tuple[str, ...]) -> list[str]:
    """What the scenario asks for and the truth does not show, one line each."""
    landing, traverse, drill = result["landing"], result["traverse"], result["drill"]
    water = result["science"]["samples"]
    depths = {round(s["depth_m"], 1) for s in drill["samples"]}
    wrong = [
        w for w in water
        if w["truth_wt_pct"] is None
        or abs(w["water_wt_pct"] - w["truth_wt_pct"]) > need.water_sigmas * w["sigma_wt_pct"]
    ]  # fmt: skip
    checks: dict[str, list[tuple[str, Any, str, float]]] = {
        "descent": [("landing.error_m", landing["error_m"], "<=", need.landing_error_m)],
        "traverse": [
            ("traverse.distance_m", traverse["distance_m"], ">=", need.traverse_m),
            ("traverse.goal_error_m", traverse["goal_error_m"], "<=", need.goal_error_m),
        ],
        "drill": [
            ("drill.depth_m", drill["depth_m"], ">=", need.drill_depth_m - 0.005),
            ("drill.samples at different depths", len(depths), ">=", need.samples),
        ],
        "science": [
            ("science.samples", len(water), ">=", need.samples),
            ("science.samples beyond their sigma", len(wrong), "<=", 0),
        ],
        "night": [
            ("power.night_h", result["power"]["night_h"], ">=", need.night_h),
            ("power.min_soc", result["power"]["min_soc"], ">=", need.min_soc),
        ],
    }
    flown = dict.fromkeys(map(phase_of, phases))
    asked = [check for phase in flown for check in checks.get(phase, [])]
    return [
        f"{n} is {v}, asked {op} {limit}" for n, v, op, limit in asked if not _holds(v, op, limit)
    ]


def _holds(value: float | None, op: str, limit: float) -> bool:
    if value is None:
        return False
    return value <= limit if op == "<=" else value >= limit


def _outcome(result: dict[str, Any], scenario: Scenario) -> str:
    ended = {p["name"]: p["outcome"] for p in result["phases"]}
    succeeded = [p for p in scenario.phases if ended.get(p) == "succeeded"]
    if len(succeeded) == len(scenario.phases) and not result["unmet"]:
        return "success"
    return "partial" if succeeded else "failure"


def _phase(record: Any) -> dict[str, Any]:
    return {
        "name": record.name,
        "start_utc": to_iso(record.start_ns),
        "end_utc": to_iso(record.end_ns),
        "outcome": record.outcome,
        "code": record.code,
    }


def _landing(log: MissionLog) -> dict[str, Any]:
    error = None
    if log.touchdown is not None and log.touchdown_target_m is not None:
        offset = log.touchdown.pose.position_m[:2] - log.touchdown_target_m[:2]
        error = _number(float(np.hypot(*offset)))
    accepted = sum(1 for f in log.fixes if f.accepted)
    return {"error_m": error, "fixes": accepted, "rejected": len(log.fixes) - accepted}


def _traverse(plan: MissionPlan, log: MissionLog) -> dict[str, Any]:
    """Of every traverse together; the error is that of the worst one."""
    driven_m = sum(m for name, m in log.driven_m.items() if phase_of(name) == "traverse")
    errors_m = []
    for step in steps(name for name in log.phase_end if phase_of(name) == "traverse"):
        offset = log.phase_end[step.name].pose.position_m[:2]
        offset = offset - np.array(plan.hole(step.site, step.hole).at)
        errors_m.append(float(np.hypot(*offset)))
    return {
        "distance_m": _number(driven_m),
        "goal_error_m": _number(max(errors_m)) if errors_m else None,
        "max_slip": _number(log.max_slip),
        "max_tilt_deg": _number(log.max_tilt_deg),
    }


def _drill(log: MissionLog) -> dict[str, Any]:
    return {
        "depth_m": _number(log.max_drill_m),
        "samples": [
            {
                "depth_m": _number(s.depth_m),
                "mass_g": _number(s.mass_g),
                "peak_k": _number(s.peak_k),
            }
            for s in log.samples
        ],
        "recoveries": sum(s.recoveries for s in log.samples),
    }


def _water(log: MissionLog, summary: dict[str, Any]) -> list[dict[str, Any]]:
    cups = {int(k): v for k, v in summary.get("cups", {}).items()}
    return [
        {
            "depth_m": _number(w.depth_m),
            "water_wt_pct": _number(w.water_wt_pct),
            "sigma_wt_pct": _number(w.sigma_wt_pct),
            "truth_wt_pct": _number(cups[w.cup]["water_wt_pct"]) if w.cup in cups else None,
        }
        for w in log.water
    ]


def _event(event: Any) -> dict[str, Any]:
    return {
        "utc": to_iso(event.stamp_ns),
        "severity": SEVERITIES[max(0, min(2, event.severity))],
        "source": event.source,
        "code": event.code,
        "text": event.text,
    }


def _number(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None
