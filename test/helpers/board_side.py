"""A driver for each board, and what a board sends to it."""

from lupex_rover.drivers import boards as drivers
from lupex_rover.protocol import layouts
from lupex_rover.protocol.frame import encode as encode_frame
from lupex_rover.protocol.packet import Packet, encode

MAKE = {
    "MOB": lambda: drivers.MobilityDriver(0.15),
    "IMU": drivers.ImuDriver,
    "STR": drivers.StarTrackerDriver,
    "EPS": drivers.EpsDriver,
    "DRL": drivers.DrillDriver,
    "SCI": drivers.ScienceDriver,
    "LND": drivers.LanderDriver,
    "LGC": drivers.GuidanceDriver,
}


def wire(board, payload, t_ns=10**9):
    """The bytes of one telemetry message."""
    layout = layouts.of(type(payload))
    body = layout.pack(payload)
    return encode_frame(
        encode(Packet(layouts.APIDS[board], False, 0, layout.message_id, t_ns, body))
    )
