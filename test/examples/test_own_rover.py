"""Another rover, by a key of the scenario alone: what follows from its URDF, on the harness."""

import numpy as np
import pytest
from flying import EXAMPLES

from lupex_rover.core.types import WHEELS
from lupex_rover.core.vehicle import default_path
from lupex_rover.core.vehicle_reader import read_vehicle
from lupex_rover.hosts.harness import Harness
from lupex_rover.nodes.build import components
from lupex_rover.protocol import messages as m
from lupex_rover.runs.harness_setup import set_up_harness
from lupex_rover.scenarios import scenario

SCENARIO = EXAMPLES / "own_rover" / "scenario.yaml"
DRIVEN_M, LONGEST_TICKS = 1.0, 2000


class Drive:
    """The beginning of the traverse, and what was said in it."""

    def __init__(self):
        chosen = scenario.read(str(SCENARIO), seed=1)
        self.vehicle = chosen.vehicle.vehicle()
        made = set_up_harness(chosen, self.vehicle)
        self.said, self.engine, self.context = {}, made.engine, made.context
        self.start_m = self.engine.body.pose.position_m.copy()
        harness = Harness(made.engine, lambda: components(made.context), self._hear)
        for _ in range(LONGEST_TICKS):
            harness.step()
            if self.away_m > DRIVEN_M:
                break

    def _hear(self, topic, message, t_ns):
        self.said.setdefault(topic, []).append(message)

    @property
    def away_m(self):
        return float(np.hypot(*(self.engine.body.pose.position_m - self.start_m)[:2]))


@pytest.fixture(scope="module")
def drive():
    return Drive()


def test_it_drives_by_its_own_limits(drive):
    assert drive.away_m > DRIVEN_M
    commands = drive.said["mobility/command"]
    fastest = max(np.abs(c.track_speed_mps).max() for c in commands)
    assert 0.121 < fastest <= 0.18  # the bundled rover's limit, and its own
    steering = np.array([s.steer_angle_rad for s in drive.said["mobility/state"]])
    assert np.abs(np.diff(steering, axis=0)).max() < 1.1 * 0.50 * 0.1  # its rate, in 0.1 s
    assert not [e for e in drive.said["mission/event"] if e.severity >= 2]


def test_odometry_and_truth_agree_on_how_far(drive):
    """Kinematics of other sizes, or steering joints that are mixed up, would turn it elsewhere."""
    odom = drive.said["odom"]
    told = odom[-1].pose.position_m - odom[0].pose.position_m
    assert float(np.hypot(*told[:2])) == pytest.approx(drive.away_m, abs=0.25)


def test_body_and_cameras_are_those_of_its_file(drive):
    rover, plain = drive.engine.body.rover, read_vehicle(default_path())
    carried_n = rover.load_n.sum()
    assert carried_n == pytest.approx(160.0 * 1.6249, rel=0.25)  # sinks and bumps while it drives
    ground_m = float(drive.engine.world.height(*rover.pose.position_m[:2]))
    assert rover.pose.position_m[2] - ground_m == pytest.approx(0.45, abs=0.15)
    assert plain.base_height_m == pytest.approx(0.60)
    right = drive.said["stereo/right/camera_info"][-1]
    assert right.baseline_m == pytest.approx(0.20)


def test_its_frames_are_published(drive):
    static = {t.child: t for tf in drive.said["/tf_static"] for t in tf.transforms}
    assert np.allclose(static["stereo_left_link"].pose.position_m, [0.44, 0.10, 0.60])
    moving = {t.child: t for t in drive.said["/tf"][-1].transforms}
    for wheel, (x_m, y_m) in zip(WHEELS, drive.vehicle.wheel_positions_m):
        at_m = moving[f"{wheel}_crawler"].pose.position_m
        assert np.allclose(at_m, [x_m, y_m, 0.12 - 0.45])
    assert np.allclose(np.abs(drive.vehicle.wheel_positions_m), [0.40, 0.42])


def test_the_simulated_board_refuses_what_it_does_not_take(drive):
    board = drive.engine.boards["MOB"]
    taken = [board.actions[m.Drive](m.Drive((v,) * 4, (0.0,) * 4)) for v in (0.2, 0.21)]
    assert taken == [m.AckStatus.ACCEPTED, m.AckStatus.RANGE]
