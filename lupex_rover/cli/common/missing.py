"""What this environment was set up without, and what to say to who needs it."""

from __future__ import annotations

import importlib.util
import os

from lupex_rover.core.errors import UserError

# Modules that not every set of libraries brings (`[project.optional-dependencies]` has all).
SETS = {
    "mujoco": "simulation", "plotly": "ground", "matplotlib": "ground", "dask": "ground",
    "distributed": "ground",
    "pytest": "development", "skyfield": "development", "de421": "development",
    "sphinx": "development",
}  # fmt: skip
ROS = ("rclpy", "rcl_interfaces", "rosgraph_msgs", "std_srvs", "lupex_rover_interfaces", "tf2_msgs")


def why_no_ros() -> str:
    """Why ROS 2 is not here, as set-up found; empty where it is."""
    if importlib.util.find_spec("rclpy") is not None:
        return ""
    return os.environ.get("LUPEX_NO_ROS") or "rclpy is not installed"


def require_ros(what: str) -> None:
    """Say that `what` cannot be done where ROS 2 is missing.

    Raises
    ------
    UserError
        It is.
    """
    why = why_no_ros()
    if why:
        raise UserError(f"{what} needs ROS 2, which is not here: {why}")


def explain(error: ModuleNotFoundError) -> UserError | None:
    """What to do about a module that is not here; None when none of ours to leave out."""
    name = (error.name or "").split(".")[0]
    if name in ROS:
        return UserError(f"this needs ROS 2, which is not here: {why_no_ros() or error}")
    if name in SETS:
        held = os.environ.get("LUPEX_EXTRAS", "flight").split(",")
        wanted = ",".join([n for n in held if n != "flight"] + [SETS[name]])
        return UserError(
            f"this needs {name}, of the set `{SETS[name]}`, and here is {', '.join(held)}:"
            f" call ./lupex with LUPEX_EXTRAS={wanted} once"
        )
    return None
