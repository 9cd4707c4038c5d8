"""Landing, localization, mapping, power and health on the sensors of a recorded bag.

    ros2 launch lupex_rover replay.launch.py bag:=runs/seven/mission.mcap run:=runs/again

as `./lupex up replay --bag` starts them. The time is the bag's: nodes of your own that look at
it need `use_sim_time`.
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from lupex_rover.scenarios import bag_driven_run

ARGUMENTS = {
    "bag": (None, "mission.mcap in the folder of its run"),
    "run": ("runs/replay", "folder for state and logs"),
    "rate": ("1.0", "times as fast as recorded"),
    "composed": ("true", "few processes; false: one for each node"),
}


def nodes(context):
    value = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    bag_driven_run.lay_out(Path(value["bag"]), Path(value["run"]))
    flight = [
        Node(
            package="lupex_rover", executable="lupex_node", output="screen",
            respawn=True, respawn_delay=2.0,
            arguments=["--run", value["run"], "--name", process, "--nodes", ",".join(names)],
        )
        for process, names in bag_driven_run.processes(value["composed"] == "true").items()
    ]  # fmt: skip
    play = bag_driven_run.play_command(value["bag"], value["rate"])
    player = Node(package="lupex_rover", executable="lupex", arguments=play, output="screen")
    return [*flight, player]


def generate_launch_description():
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(name, default_value=value, description=text)
                for name, (value, text) in ARGUMENTS.items()
            ),
            OpaqueFunction(function=nodes),
        ]
    )
