"""The same flight nodes with the stand-in simulator.

`lupex up simulation` lays out the run's folder, then starts what this file starts:
`ros2 launch lupex_rover simulation.launch.py run:=FOLDER`.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    run = LaunchConfiguration("run")
    rover = PathJoinSubstitution([FindPackageShare("lupex_rover"), "launch", "rover.launch.py"])
    return LaunchDescription(
        [
            DeclareLaunchArgument("run", description="folder of the run"),
            Node(package="lupex_rover", executable="lupex_simulator", arguments=["--run", run],
                 output="screen"),
            IncludeLaunchDescription(rover, launch_arguments={"run": run}.items()),
        ]
    )  # fmt: skip
