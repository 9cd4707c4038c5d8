"""The flight nodes on the rover's boards: `ros2 launch lupex_rover rover.launch.py run:=FOLDER`.

The list of nodes is `lupex_rover.graph.NODES`, as for `lupex up rover`. FOLDER holds `run.json`,
`plan.json` and `onboard_map.tif`; `lupex up rover` lays one out from config/rover.yaml.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from lupex_rover.graph import flight_processes


def generate_launch_description():
    return LaunchDescription(
        [DeclareLaunchArgument("run", description="folder of the run")]
        + [
            Node(
                package="lupex_rover",
                executable="lupex_node",
                arguments=["--run", LaunchConfiguration("run"), "--name", name,
                           "--nodes", ",".join(nodes)],
                output="screen",
            )
            for name, nodes in flight_processes().items()
        ]
    )  # fmt: skip
