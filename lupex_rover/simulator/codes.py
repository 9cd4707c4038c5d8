"""Fault codes of the stand-in simulator."""

CODES: dict[str, str] = {
    "SIM-001": "the multibody model of the rover diverged; shorten simulator.mobility.step_s and"
    " report the seed",
    "SIM-002": "the rover drove off the detailed ground; enlarge simulator.engine.near_margin_m",
    "SIM-003": "Gazebo does not answer; see gazebo.log in the run's folder",
}
