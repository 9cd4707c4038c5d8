"""Fault codes of the stand-in simulator."""

from __future__ import annotations

from lupex_rover.core.codes import FAULT, INFO, Code, Codes

CODES = Codes({
    "SIM-001": Code(
        FAULT,
        "the multibody model of the rover diverged; shorten simulator.mobility.step_s and"
        " report the seed",
    ),
    "SIM-002": Code(
        FAULT,
        "the rover drove off the detailed ground; enlarge simulator.engine.near_margin_m",
    ),
    "SIM-003": Code(FAULT, "Gazebo does not answer; see gazebo.log in the run's folder"),
    "SIM-010": Code(INFO, "the simulator injected a fault that the scenario asks for"),
    "SIM-011": Code(INFO, "a fault that the simulator had injected ended"),
})  # fmt: skip
