"""Each refusal of a command has its own key, and nothing refused leaves for the board."""

from dataclasses import replace

import numpy as np
import pytest

from lupex_rover.core.component import Inbox
from lupex_rover.core.types import (
    BoardRequest,
    DriveCommand,
    HeaterSet,
    HibernateCommand,
    LoadSwitch,
    SlotCommand,
)
from lupex_rover.drivers import boards as drivers

S = 10**9
T = 1_861_920_000 * S


def said(driver, topic, *messages, t=T):
    out = driver.step(t, Inbox(messages={topic: list(messages)}))
    return [m.text for name, m in out.messages if name == "mission/event"], out.tx


@pytest.mark.parametrize(
    "bad",
    [HeaterSet(T, 0, 1e6), HeaterSet(T, 0, -1e6), HeaterSet(T, 1, float("inf"))],
)
def test_a_set_point_no_heater_may_have_is_refused(bad):
    driver = drivers.EpsDriver()
    texts, tx = said(driver, "power/heater", bad)
    assert "is not in -80 to 60" in texts[0] and not tx
    assert said(drivers.EpsDriver(), "power/heater", replace(bad, set_point_degc=np.nan))[1], "off"


@pytest.mark.parametrize("duration_s", [-1.0, 0.0, 4e9, float("inf")])
def test_an_hibernation_that_cannot_be_is_refused(duration_s):
    texts, tx = said(drivers.EpsDriver(), "power/hibernate", HibernateCommand(T, duration_s))
    assert "is not in 60 to" in texts[0] and not tx


def test_one_refusal_hides_no_other_and_each_is_counted():
    driver = drivers.EpsDriver()
    bad = [
        LoadSwitch(T, "toaster", True), LoadSwitch(T - 61 * S, "drill", True),
        LoadSwitch(T + 2 * S, "drill", True),
    ]  # fmt: skip
    texts, tx = said(driver, "power/switch", *bad, *bad)
    assert len(texts) == 3 and not tx
    assert sorted(driver.refused.count.values()) == [2, 2, 2]
    texts, _ = said(driver, "power/switch", replace(bad[0], stamp_ns=T + 10 * S), t=T + 10 * S)
    assert texts == ["EPS: LoadSwitch not sent: unknown load 'toaster' (3 so far)"]


def test_what_is_not_idempotent_is_done_once():
    driver = drivers.ScienceDriver()
    load = SlotCommand(T, 0, 1, b"\x03")
    texts, _ = said(driver, "science/slot_command", load, load)
    assert len(texts) == 1 and "repeat" in texts[0]


def test_a_late_motion_command_is_told_and_an_old_enable_is_not_sent():
    driver = drivers.MobilityDriver(0.15)
    late = DriveCommand(T - S, np.full(4, 0.1), np.zeros(4))
    texts, tx = said(driver, "mobility/command", late)
    assert "1.0 s ago" in texts[0] and not tx
    texts, tx = said(driver, "boards/request", BoardRequest(T - 61 * S, "MOB", "enable"))
    assert "61.0 s ago" in texts[0] and not tx
    _, tx = said(driver, "boards/request", BoardRequest(T - 9999 * S, "MOB", "safe"))
    assert tx, "SAFE is never refused for its stamp"
