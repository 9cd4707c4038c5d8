"""The flight nodes on the rover's boards, as `./lupex up rover` starts them.

    ros2 launch lupex_rover rover.launch.py config:=/etc/lupex/rover.yaml run:=/var/lib/lupex

The list of nodes is `lupex_rover.graph.NODES`; `composed:=false` gives each its own process,
else `graph.flight_processes` says which share one. One that ends is started again; what hangs is
ended by `lupex up`'s supervisor alone, or by the kernel after 120 s.
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from lupex_rover.graph import flight_processes
from lupex_rover.scenarios import run_folder

AGAIN = {"respawn": True, "respawn_delay": 2.0}  # a process that ends is started again


def lay_out(context):
    if LaunchConfiguration("simulated").perform(context) != "true":
        names = ("run", "config")
        run_folder.launch_rover(*(LaunchConfiguration(n).perform(context) for n in names))


def nodes(context):
    composed, simulated = (
        LaunchConfiguration(name).perform(context) == "true" for name in ("composed", "simulated")
    )
    run = Path(LaunchConfiguration("run").perform(context))
    cameras = [
        Node(package="lupex_rover", executable="lupex_cameras", output="screen", **AGAIN,
             arguments=["--run", LaunchConfiguration("run")])
        for _ in range(run_folder.has_cameras(run))
    ]  # fmt: skip
    recorder = [
        Node(package="lupex_rover", executable="lupex_recorder", output="screen", **AGAIN,
             arguments=["--run", LaunchConfiguration("run")])
        for _ in range(run_folder.has_recorder(run))
    ]  # fmt: skip
    return cameras + recorder + [
        Node(
            package="lupex_rover", executable="lupex_node", output="screen", **AGAIN,
            arguments=["--run", LaunchConfiguration("run"), "--name", process,
                       "--nodes", ",".join(names)],
        )
        for process, names in flight_processes(
            composed, simulated, run_folder.extra_nodes(run)
        ).items()
    ]  # fmt: skip


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument("run", default_value="runs/up", description="folder of the run"),
            DeclareLaunchArgument("config", default_value="", description="a rover.yaml"),
            DeclareLaunchArgument("composed", default_value="true", description="few processes"),
            DeclareLaunchArgument("simulated", default_value="false", description="run is there"),
            OpaqueFunction(function=lay_out),
            OpaqueFunction(function=nodes),
        ]
    )
