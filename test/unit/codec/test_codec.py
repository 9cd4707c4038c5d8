"""Messages survive the way to CDR and back, and rclpy makes the same bytes."""

import importlib
from typing import Any

import numpy as np
import pytest
from samples import all_topics, assert_equal, sample

from lupex_rover.codec import conversion
from lupex_rover.codec.standard_types import image_from_ros
from lupex_rover.core import types
from lupex_rover.core.errors import UserError
from lupex_rover.graph import ACTIONS, IFACE, TOPICS


@pytest.mark.parametrize("topic", all_topics())
def test_every_topic_comes_back_as_it_went(topic):
    message = sample(TOPICS[topic].type)
    assert_equal(message, conversion.decode(topic, conversion.encode(topic, message)))


@pytest.mark.parametrize("topic", all_topics())
def test_rclpy_reads_the_same_message_and_writes_it_back(topic):
    serialization = pytest.importorskip("rclpy.serialization", reason="rclpy is not here")
    package, _, kind = TOPICS[topic].ros.split("/")
    try:
        cls = getattr(importlib.import_module(f"{package}.msg"), kind)
    except (ImportError, AttributeError):
        pytest.skip(f"{package} is not built here")
    message = sample(TOPICS[topic].type)
    data = conversion.encode(topic, message)
    again = serialization.serialize_message(serialization.deserialize_message(data, cls))
    # Alignment bytes are not defined, so the values are compared, and the length.
    assert_equal(message, conversion.decode(topic, again))
    assert abs(len(again) - len(data)) < 4


def test_path_heads_along_itself_and_costmap_keeps_its_corner():
    store = conversion.typestore()
    data = conversion.encode(
        "navigation/path", types.Path(0, "map", np.array([[0, 0, 0], [0, 2, 0.5]]))
    )
    path: Any = store.deserialize_cdr(data, "nav_msgs/msg/Path")
    half = np.sqrt(0.5)
    assert [p.pose.orientation.z for p in path.poses] == pytest.approx([half, half])
    grid = types.Grid(0, "map", 0.5, -3.0, 4.0, np.array([[0, 1, 2], [-1, 50, 100]], np.int8))
    ros: Any = store.deserialize_cdr(
        conversion.encode("navigation/costmap", grid), "nav_msgs/msg/OccupancyGrid"
    )
    assert (ros.info.width, ros.info.height, list(ros.data)) == (3, 2, [0, 1, 2, -1, 50, 100])
    assert (ros.info.origin.position.x, ros.info.origin.position.y) == (-3.0, 4.0)


def test_right_camera_carries_its_baseline_in_p():
    info = types.CameraInfo(0, "right", 64, 48, 70.0, 71.0, 31.5, 23.5, 0.3)
    data = conversion.encode("stereo/right/camera_info", info)
    ros: Any = conversion.typestore().deserialize_cdr(data, "sensor_msgs/msg/CameraInfo")
    assert ros.p[3] == pytest.approx(-70.0 * 0.3)
    assert list(ros.k) == [70.0, 0, 31.5, 0, 71.0, 23.5, 0, 0, 1]


def test_interfaces_have_every_field_of_our_types():
    for topic in TOPICS.values():
        if topic.ros.startswith(IFACE):
            conversion.encode(topic.name, sample(topic.type))
    folder = conversion.messages_folder()
    named = {t.type for t in TOPICS.values() if t.ros.startswith(IFACE)}
    assert {p.stem for p in folder.glob("*.msg")} == named
    for action in ACTIONS.values():
        text = (folder.parent / "action" / (action.ros.split("/")[-1] + ".action")).read_text()
        parts = dict(zip(("Goal", "Result", "Feedback"), text.split("---")))
        for part, body in parts.items():
            declared = [line.split()[1] for line in body.splitlines() if line[:1] not in ("#", "")]
            cls = getattr(types, action.ros.split("/")[-1] + part)
            assert declared == list(cls.__dataclass_fields__), cls


def test_wrong_length_and_unknown_topic_are_named():
    with pytest.raises(ValueError, match="4"):
        conversion.encode("mobility/command", types.DriveCommand(0, np.zeros(3), np.zeros(4)))
    with pytest.raises(UserError, match="no/such"):
        conversion.encode("no/such", types.Clock(0))


# --- pictures of foreign camera drivers -----------------------------------------------------------


def foreign_picture(encoding, rows, width, step=None, big_endian=0):
    """What a decoded sensor_msgs/msg/Image looks like; rows: (height, bytes)."""
    kinds = conversion.typestore().types
    header = kinds["std_msgs/msg/Header"](kinds["builtin_interfaces/msg/Time"](1, 2), "cam")
    data = np.ascontiguousarray(rows, np.uint8)
    return kinds["sensor_msgs/msg/Image"](
        header, len(data), width, encoding, big_endian, step or data.shape[1], data.reshape(-1)
    )


@pytest.mark.parametrize("order", ["rgb", "bgr", "rgba", "bgra"])
def test_a_colour_picture_becomes_grey_by_the_standard_weights(order):
    colours = {"r": [255, 0, 0, 255, 10], "g": [0, 255, 0, 255, 20], "b": [0, 0, 255, 255, 30]}
    pixels = np.stack([colours.get(c, [7] * 5) for c in order], axis=-1)
    padded = np.pad(pixels.reshape(1, -1), ((0, 1), (0, 3)))
    image = image_from_ros(foreign_picture(f"{order}8", padded, 5))
    # by hand: 255 * (0.299, 0.587, 0.114), white, and 2.99 + 11.74 + 3.42 = 18.15
    assert image.pixels.tolist() == [[76, 150, 29, 255, 18], [0] * 5]
    assert image.pixels.dtype == np.uint8 and image.stamp_ns == 1_000_000_002


@pytest.mark.parametrize("big_endian", [0, 1])
def test_of_sixteen_bits_the_upper_eight_are_taken(big_endian):
    values = np.array([[0, 255, 256, 65535]], ">u2" if big_endian else "<u2")
    rows = values.view(np.uint8).reshape(1, 8)
    image = image_from_ros(foreign_picture("mono16", rows, 4, big_endian=big_endian))
    assert image.pixels.tolist() == [[0, 0, 1, 255]]


def test_a_picture_that_is_none_is_named():
    rows = np.zeros((4, 12), np.uint8)
    for encoding, width, step, said in (
        ("yuv422", 6, None, "yuv422"),
        ("rgb8", 5, None, "12"),
        ("mono8", 12, 11, "step 11"),
    ):
        with pytest.raises(ValueError, match=said):
            image_from_ros(foreign_picture(encoding, rows, width, step))


@pytest.mark.parametrize(
    ("board", "name", "number"),
    [
        ("MOB", "DRIVE", 0x10), ("DRL", "DELIVER", 0x12), ("SCI", "SLOT_COMMAND", 0x11),
        ("EPS", "HIBERNATE", 0x12), ("IMU", "ENABLE", 0x04), ("MOB", "0xfe", 0xFE),
        ("FOREIGN", "SAFE", 0x05), ("FOREIGN", "0x10", 0x10),
    ],
)  # fmt: skip
def test_components_see_the_name_of_a_telecommand_and_ros_its_number(board, name, number):
    ack = types.BoardAck(7, board, name, 3, 0, 0.01)
    data = conversion.encode("boards/ack", ack)
    ros: Any = conversion.typestore().deserialize_cdr(data, TOPICS["boards/ack"].ros)
    assert (ros.board, ros.message_id) == (board, number)
    assert conversion.decode("boards/ack", data) == ack


def test_an_ack_of_a_telecommand_that_is_none_is_refused():
    with pytest.raises(ValueError, match="MOB has no telecommand 'GATE'"):
        conversion.encode("boards/ack", types.BoardAck(7, "MOB", "GATE", 3, 0, 0.01))
