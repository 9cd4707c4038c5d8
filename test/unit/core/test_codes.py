"""An event has the severity that its code is declared with."""

import pytest

from lupex_rover.core.codes import FAULT, INFO, SEVERITIES, WARNING, Code, Codes
from lupex_rover.core.types import Event

TOY = Codes({
    "TOY-001": Code(INFO, "it plays"),
    "TOY-002": Code(WARNING, "it is stuck; shake it", FAULT, "where shaking did not help"),
})  # fmt: skip


@pytest.mark.parametrize(
    ("code", "graver", "severity"),
    [
        ("TOY-001", False, "info"), ("TOY-001", True, "info"),
        ("TOY-002", False, "warning"), ("TOY-002", True, "fault"),
    ],
)  # fmt: skip
def test_an_event_is_as_grave_as_its_code_is_declared(code, graver, severity):
    event = TOY.event(5, "toy", code, "words", graver)
    assert event == Event(5, SEVERITIES.index(severity), "toy", code, "words")
    assert event.severity in TOY[code].severities


def test_an_unknown_code_is_no_event():
    with pytest.raises(KeyError, match="TOY-003"):
        TOY.event(5, "toy", "TOY-003", "words")
