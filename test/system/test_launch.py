"""The launch files start what `./lupex up` starts, under the real `launch` where it is there."""

import importlib.util
import shutil
from pathlib import Path

import pytest

launch = pytest.importorskip("launch", reason="needs ros2/launch and ros2/launch_ros")
pytest.importorskip("launch_ros", reason="needs ros2/launch_ros")

from launch.utilities import perform_substitutions  # noqa: E402

from lupex_rover.runs.fly_ros import start_flight, start_processes  # noqa: E402
from lupex_rover.scenarios import bag_driven_run  # noqa: E402

LAUNCH = Path(__file__).resolve().parents[2] / "launch"


def module(name):
    spec = importlib.util.spec_from_file_location(name, LAUNCH / f"{name}.launch.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def arguments(node, context):
    """A node's command line after its executable, without what ROS adds."""
    words = [perform_substitutions(context, part) for part in node.cmd[1:]]
    return words[: words.index("--ros-args")]


class Children:
    """Takes down what `up` would start."""

    def __init__(self):
        self.started = []

    def start(self, name, module, *arguments):
        self.started.append(list(arguments))


@pytest.mark.parametrize("simulated", [True, False])
@pytest.mark.parametrize("composed", [True, False])
def test_rover_launch_file_and_up_start_the_same_nodes(composed, simulated, tmp_path):
    context = launch.LaunchContext()
    context.launch_configurations.update(
        run=str(tmp_path), composed=str(composed).lower(), simulated=str(simulated).lower()
    )
    nodes = module("rover").nodes(context)
    up = Children()
    start_flight(up, tmp_path, composed, simulated)
    assert [arguments(node, context) for node in nodes] == up.started
    assert len(nodes) == ((1 if simulated else 2) if composed else 17)


def test_launched_simulation_lays_out_the_run_that_was_asked_for(tmp_path):
    simulation = module("simulation")
    context = launch.LaunchContext()
    values = {name: value for name, (value, _) in simulation.ARGUMENTS.items()}
    context.launch_configurations.update({**values, "run": str(tmp_path), "seed": "7"})
    simulation.lay_out(context)
    from lupex_rover.scenarios import run_file

    run = run_file.read(tmp_path)
    assert (run.seed, run.simulated, run.expect) == (7, True, ("flight",))
    assert run.ports is None
    assert run.physics == "stand-in"


@pytest.mark.parametrize("composed", [True, False])
def test_replay_launch_file_and_up_start_the_same_processes(composed, tmp_path):
    was = tmp_path / "was"
    shutil.copytree(LAUNCH.parent / "test/replay/run", was)
    (was / "mission.mcap").write_bytes(b"")
    bag, run = str(was / "mission.mcap"), tmp_path / "new"
    context = launch.LaunchContext()
    context.launch_configurations.update(
        bag=bag, run=str(run), rate="2.0", composed=str(composed).lower()
    )
    *flight, player = module("replay").nodes(context)
    up = Children()
    start_processes(up, run, bag_driven_run.processes(composed))
    assert [arguments(node, context) for node in flight] == up.started
    assert arguments(player, context) == bag_driven_run.play_command(bag, "2.0")


def test_launch_without_gazebo_says_so(tmp_path, monkeypatch):
    from lupex_rover.core.errors import UserError

    simulation = module("simulation")
    context = launch.LaunchContext()
    values = {name: value for name, (value, _) in simulation.ARGUMENTS.items()}
    context.launch_configurations.update({**values, "run": str(tmp_path), "physics": "gazebo"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="gz is not on the PATH"):
        simulation.lay_out(context)
    assert not (tmp_path / "run.json").exists()
