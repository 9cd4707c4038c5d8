"""CameraInfo from other people's drivers: of rectified pictures it is read, of others refused."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from lupex_rover.codec import conversion
from lupex_rover.core import types
from lupex_rover.core.errors import UserError

KIND, TOPIC = "sensor_msgs/msg/CameraInfo", "stereo/right/camera_info"
INFO = types.CameraInfo(0, "right", 64, 48, 70.0, 71.0, 31.5, 23.5, 0.3)


def published(**changed):
    """The bytes of a CameraInfo that says `changed` of the camera of `INFO`."""
    store = conversion.typestore()
    ros: Any = store.deserialize_cdr(conversion.encode(TOPIC, INFO), KIND)
    changed = {k: v if isinstance(v, str) else np.array(v, float) for k, v in changed.items()}
    return bytes(store.serialize_cdr(dataclasses.replace(ros, **changed), KIND))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"d": [], "distortion_model": ""},
        {"distortion_model": "rational_polynomial", "d": [0.0] * 8},
        {"k": [0.0] * 9, "r": [0.0] * 9},  # not told
    ],
)
def test_cases_what_is_rectified_is_read(changed):
    assert conversion.decode(TOPIC, published(**changed)) == INFO


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"d": [-0.2, 0.1, 0.0, 0.0, 0.0]}, "distortion_model plumb_bob: .*not rectified"),
        ({"distortion_model": "equidistant", "d": [0.0] * 4}, "equidistant: .*not rectified"),
        ({"distortion_model": "fov", "d": [0.9]}, "'fov' is not known"),
        ({"distortion_model": "plumb_bob", "d": [0.1] * 8}, "8 numbers, but plumb_bob has"),
        ({"p": [0.0] * 12}, "no focal length"),
        ({"k": [90.0, 0, 31.5, 0, 91.0, 23.5, 0, 0, 1]}, "k is not p's"),
        ({"r": [0.0, 1, 0, -1, 0, 0, 0, 0, 1]}, "r turns"),
    ],
)
def test_cases_what_is_not_rectified_is_refused_by_name(changed, said):
    data = published(**changed)
    with pytest.raises(ValueError, match=said):
        conversion.decode(TOPIC, data)
    with pytest.raises(UserError, match=f"{TOPIC} at 7 ns: is no {KIND} .*{said}"):
        conversion.decode_recorded(TOPIC, data, 7)
