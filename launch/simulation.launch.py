"""The same flight nodes with the stand-in simulator, as `./lupex up simulation` starts them.

ros2 launch lupex_rover simulation.launch.py scenario:=reference seed:=2 speed:=1.0
ros2 launch lupex_rover simulation.launch.py physics:=gazebo
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from lupex_rover.graph import flight_processes
from lupex_rover.runs import kept_run
from lupex_rover.scenarios import run_folder, scenario
from lupex_rover.simulator.gazebo.start import require_gazebo

ARGUMENTS = {
    "run": ("runs/up", "folder for state and logs"),
    "scenario": ("reference", "which scenario"),
    "seed": ("", "of everything random; empty: the scenario's"),
    "speed": ("1.0", "at most this times real time; 0: as fast as it goes"),
    "physics": ("stand-in", "whose physics is behind the boards: stand-in or gazebo"),
    "composed": ("true", "few processes; false: one for each node"),
}


def lay_out(context):
    value = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    if value["physics"] == "gazebo":
        require_gazebo()
    kept_run.begin(Path(value["run"]))  # the world begins anew, and so does flight
    run_folder.launch_simulation(
        value["run"], value["scenario"], value["seed"], value["speed"],
        list(
            flight_processes(
                value["composed"] == "true", True, scenario.read(value["scenario"]).outside
            )
        ),
        value["physics"],
    )  # fmt: skip


def generate_launch_description():
    run = LaunchConfiguration("run")
    rover = PathJoinSubstitution([FindPackageShare("lupex_rover"), "launch", "rover.launch.py"])
    passed = {"run": run, "composed": LaunchConfiguration("composed"), "simulated": "true"}
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(name, default_value=value, description=text)
                for name, (value, text) in ARGUMENTS.items()
            ),
            OpaqueFunction(function=lay_out),
            Node(package="lupex_rover", executable="lupex_simulator", arguments=["--run", run],
                 output="screen"),
            IncludeLaunchDescription(rover, launch_arguments=passed.items()),
        ]
    )  # fmt: skip
