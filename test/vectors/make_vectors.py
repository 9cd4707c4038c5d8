"""Writes golden frames of the ICD to frames.json beside it. Shares no code with lupex_rover.

Own COBS, own bitwise CRC, own packing, straight from the ICD's text:
    python test/vectors/make_vectors.py            writes frames.json
    python test/vectors/make_vectors.py OTHER      writes OTHER
"""

import json
import struct
import sys
from pathlib import Path

T0 = 1861920000  # 2029-01-01 00:00:00 UTC
APID = {
    "MOB": 0x101,
    "IMU": 0x102,
    "STR": 0x103,
    "EPS": 0x104,
    "DRL": 0x105,
    "SCI": 0x106,
    "LND": 0x107,
    "LGC": 0x108,  # not in the ICD: the added board of docs/icd.md
}
MAX_PACKET = 1024
NAN, INF = float("nan"), float("inf")


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
            value &= 0xFFFF
    return value


def cobs(data):
    """Cheshire and Baker 1999: each zero becomes a count to the next, each 254 bytes get one."""
    out, block, open_ = bytearray(), bytearray(), True
    for byte in data:
        open_ = True
        if byte:
            block.append(byte)
        if byte == 0 or len(block) == 254:
            out += bytes([len(block) + 1]) + block
            block, open_ = bytearray(), byte == 0
    return bytes(out + bytes([len(block) + 1]) + block) if open_ else bytes(out)


def frame(data):
    return cobs(data) + b"\0"


def packet(board, tc, sequence, message_id, payload=b"", half=True):
    first = (1 << 12 if tc else 0) | 1 << 11 | APID[board]
    data = bytes([message_id]) + struct.pack(">IH", T0, 0x8000 if half else 0) + payload
    head = struct.pack(">HHH", first, 3 << 14 | sequence, len(data) + 2 - 1)
    body = head + data
    return body + struct.pack(">H", crc(body))


def f(*values):
    return struct.pack(f">{len(values)}f", *values)


CASES = [
    ("PING to EPS, the ICD's worked example", "EPS", True, 5, 0x03, b"", {}),
    ("ENABLE", "MOB", True, 6, 0x04, b"\x01", {"on": 1}),
    ("SAFE", "DRL", True, 7, 0x05, b"", {}),
    ("SET_TIME", "EPS", True, 8, 0x06, struct.pack(">II", T0, 500_000_000),
     {"seconds": T0, "nanoseconds": 500_000_000}),
    ("DRIVE", "MOB", True, 16383, 0x10, f(0.125, 0.125, 0.25, 0.25, -0.5, 0.5, 1.5, -1.5),
     {"track_speed_mps": [0.125, 0.125, 0.25, 0.25], "steer_angle_rad": [-0.5, 0.5, 1.5, -1.5]}),
    ("SWITCH", "EPS", True, 1, 0x10, b"\x02\x01", {"load": 2, "on": 1}),
    ("HEATER", "EPS", True, 2, 0x11, b"\x00" + f(-12.5), {"heater": 0, "set_point_degc": -12.5}),
    ("HIBERNATE", "EPS", True, 3, 0x12, struct.pack(">I", 360000), {"seconds": 360000}),
    ("DRILL", "DRL", True, 4, 0x10, f(120, 0.001953125, 150) + b"\x01",
     {"auger_rpm": 120, "feed_mps": 0.001953125, "wob_limit_n": 150, "percussion": 1}),
    ("GATE", "DRL", True, 5, 0x11, b"\x01", {"open": 1}),
    ("DELIVER", "DRL", True, 6, 0x12, b"\x0b", {"cup": 11}),
    ("SLOT_POWER", "SCI", True, 7, 0x10, b"\x07\x01", {"slot": 7, "on": 1}),
    ("SLOT_COMMAND", "SCI", True, 8, 0x11, b"\x00\x05\x00\x00\x11",
     {"slot": 0, "opcode": 5, "data": "000011"}),
    ("ACK", "MOB", False, 0, 0x01, struct.pack(">HB", 5, 4), {"sequence": 5, "status": 4}),
    ("HOUSEKEEPING", "LND", False, 9, 0x02, struct.pack(">BIhIII", 2, 3600, -12345, 7, 8, 1),
     {"state": 2, "uptime_s": 3600, "temperature_cdegc": -12345, "packets_received": 7,
      "packets_dropped": 8, "fault_bits": 1}),
    ("DRIVE_STATE", "MOB", False, 10, 0x20, f(*[k / 4 for k in range(20)]),
     {"track_travel_m": [0, 0.25, 0.5, 0.75], "track_speed_mps": [1, 1.25, 1.5, 1.75],
      "steer_angle_rad": [2, 2.25, 2.5, 2.75], "motor_current_a": [3, 3.25, 3.5, 3.75],
      "motor_temperature_degc": [4, 4.25, 4.5, 4.75]}),
    ("INERTIAL", "IMU", False, 11, 0x20, f(0.5, -0.5, 0.25, 0, 0, 1.625),
     {"angular_rate_rps": [0.5, -0.5, 0.25], "specific_force_mps2": [0, 0, 1.625]}),
    ("ATTITUDE", "STR", False, 12, 0x20, f(0, 0, 0.5, 0.75, 0.000244140625) + b"\x01",
     {"orientation_xyzw": [0, 0, 0.5, 0.75], "sigma_rad": 0.000244140625, "valid": 1}),
    ("POWER", "EPS", False, 13, 0x20,
     f(28, 27.5, -1.5, 12.25, 0.5, 1.5, 2.5) + struct.pack(">I", 0x83) + f(*range(16)),
     {"bus_v": 28, "battery_v": 27.5, "battery_a": -1.5, "battery_degc": 12.25,
      "array_a": [0.5, 1.5, 2.5], "loads_on": 0x83, "load_w": list(range(16))}),
    ("DRILL_STATE", "DRL", False, 14, 0x20,
     f(0.5, 120, 8, 100, 0.0009765625, -40, 2.5, 12) + b"\x01\x0c",
     {"depth_m": 0.5, "auger_rpm": 120, "torque_nm": 8, "wob_n": 100, "feed_mps": 0.0009765625,
      "bit_degc": -40, "auger_current_a": 2.5, "sample_mass_g": 12, "gate": 1, "cup": 12}),
    ("SLOT_DATA", "SCI", False, 15, 0x20, b"\x00\x02" + struct.pack(">I", 77) + bytes(range(256)),
     {"slot": 0, "kind": 2, "record": 77, "data": bytes(range(256)).hex()}),
    ("ALTIMETER", "LND", False, 16, 0x20, f(1234.5, 10, -20, -5) + b"\x01\x00",
     {"slant_range_m": 1234.5, "velocity_mps": [10, -20, -5], "valid": 1, "touchdown": 0}),
    ("NAV_UPDATE", "LGC", True, 17, 0x10, f(100, -200, 3000, 1, -2, -30, 50, 60, 7),
     {"position_m": [100, -200, 3000], "velocity_mps": [1, -2, -30], "target_m": [50, 60, 7]}),
    ("GUIDANCE_STATE", "LGC", False, 18, 0x20, f(100, -200, 3000, 1, -2, -30) + b"\x02",
     {"position_m": [100, -200, 3000], "velocity_mps": [1, -2, -30], "phase": 2}),
    ("SLOT_DATA without a zero in its data, longer than one COBS block", "SCI", False, 19, 0x20,
     b"\x07\x01" + struct.pack(">I", 0x01010101) + bytes(range(1, 256)) * 2,
     {"slot": 7, "kind": 1, "record": 0x01010101, "data": (bytes(range(1, 256)) * 2).hex()}),
    ("SLOT_DATA of the longest packet", "SCI", False, 20, 0x20,
     b"\x00\x01" + struct.pack(">I", 1) + b"\xff" * (MAX_PACKET - 21),
     {"slot": 0, "kind": 1, "record": 1, "data": (b"\xff" * (MAX_PACKET - 21)).hex()}),
]  # fmt: skip


def recrc(body):
    return body + struct.pack(">H", crc(body))


def bad_frames():
    """Frames for the EPS that no one may act on; each counts as one dropped."""
    good = packet("EPS", True, 5, 0x03)
    return [
        ("wrong CRC", frame(good[:-1] + bytes([good[-1] ^ 1]))),
        ("wrong version", frame(recrc(bytes([good[0] | 0x20]) + good[1:-2]))),
        ("no secondary header", frame(recrc(bytes([good[0] & ~0x08]) + good[1:-2]))),
        ("segmented", frame(recrc(good[:2] + bytes([good[2] & 0x3F]) + good[3:-2]))),
        ("data length too long", frame(recrc(good[:5] + bytes([good[5] + 1]) + good[6:-2]))),
        ("data length too short", frame(recrc(good[:5] + bytes([good[5] - 1]) + good[6:-2]))),
        ("truncated packet", frame(good[:9])),
        ("empty packet", b"\x01\0"),
        ("truncated frame", frame(good)[:8] + b"\0"),
        ("not COBS", b"\x09\x01\x02\0"),
        ("one byte too long", frame(packet("EPS", True, 5, 0x03, b"\xff" * (MAX_PACKET - 14)))),
        ("far too long", b"\x01" * 5000 + b"\0"),
    ]


def misaddressed():
    """Good frames that are not for the EPS's telecommand decoder."""
    return [
        ("another board", frame(packet("MOB", True, 5, 0x03))),
        ("telemetry", frame(packet("EPS", False, 5, 0x03))),
    ]


def commands():
    """A telecommand to a board that has just booted, and the status of its ACK."""
    still = [0.0] * 4
    return [
        ("unknown message", "EPS", 0x7F, b"", 1),
        ("a telemetry's id", "MOB", 0x20, b"", 1),
        ("another board's message", "IMU", 0x10, b"\x00\x00", 1),
        ("wrong length", "MOB", 0x04, b"\x01\x01", 2),
        ("PING with a payload", "LND", 0x03, b"\x00", 2),
        ("DRIVE cut short", "MOB", 0x10, f(*[0.0] * 7), 2),
        ("SLOT_COMMAND without an opcode", "SCI", 0x11, b"\x00", 2),
        ("ENABLE 2", "MOB", 0x04, b"\x02", 3),
        ("SET_TIME of 1e9 nanoseconds", "EPS", 0x06, struct.pack(">II", T0, 10**9), 3),
        ("speed above 0.30", "MOB", 0x10, f(0.31, 0, 0, 0, *still), 3),
        ("speed the next f32 above 0.30", "MOB", 0x10, b"\x3e\x99\x99\x9b" + f(*[0.0] * 7), 3),
        ("speed below -0.30", "MOB", 0x10, f(0, 0, 0, -0.31, *still), 3),
        ("angle above 1.75", "MOB", 0x10, f(*still, 0, 0, 1.76, 0), 3),
        ("speed not a number", "MOB", 0x10, f(NAN, 0, 0, 0, *still), 3),
        ("angle infinite", "MOB", 0x10, f(*still, INF, 0, 0, 0), 3),
        ("rpm above 150", "DRL", 0x10, f(151, 0, 0) + b"\0", 3),
        ("rpm below 0", "DRL", 0x10, f(-1, 0, 0) + b"\0", 3),
        ("feed above 0.01", "DRL", 0x10, f(0, 0.011, 0) + b"\0", 3),
        ("weight on bit not a number", "DRL", 0x10, f(0, 0, NAN) + b"\0", 3),
        ("percussion 2", "DRL", 0x10, f(0, 0, 0) + b"\x02", 3),
        ("GATE 2", "DRL", 0x11, b"\x02", 3),
        ("cup 12", "DRL", 0x12, b"\x0c", 3),
        ("load 16", "EPS", 0x10, b"\x10\x01", 3),
        ("load on 2", "EPS", 0x10, b"\x0b\x02", 3),
        ("heater 200", "EPS", 0x11, b"\xc8" + f(0), 3),
        ("set point infinite", "EPS", 0x11, b"\x00" + f(INF), 3),
        ("slot 8", "SCI", 0x10, b"\x08\x01", 3),
        ("DRIVE while idle", "MOB", 0x10, f(*[0.0] * 8), 4),
        ("DRILL while idle", "DRL", 0x10, f(0, 0, 0) + b"\0", 4),
        ("DELIVER of nothing", "DRL", 0x12, b"\x00", 4),
        ("PING", "STR", 0x03, b"", 0),
        ("ENABLE", "IMU", 0x04, b"\x01", 0),
        ("SAFE", "SCI", 0x05, b"", 0),
        ("heater off", "EPS", 0x11, b"\x00" + f(NAN), 0),
        ("heater by its load", "EPS", 0x11, b"\x08" + f(-5), 0),
        ("lights on", "EPS", 0x10, b"\x0b\x01", 0),
        ("slot on", "SCI", 0x10, b"\x00\x01", 0),
        ("gate", "DRL", 0x11, b"\x01", 0),
    ]


def main(path):
    t_ns = T0 * 10**9 + 500_000_000
    frames = [
        {"name": name, "board": board, "is_tc": tc, "sequence": seq, "message_id": mid,
         "t_ns": t_ns, "fields": fields, "packet": packet(board, tc, seq, mid, payload).hex(),
         "frame": frame(packet(board, tc, seq, mid, payload)).hex()}
        for name, board, tc, seq, mid, payload, fields in CASES
    ]  # fmt: skip
    answers = [
        {"name": name, "board": board, "status": status,
         "frame": frame(packet(board, True, 1000 + k, mid, payload)).hex()}
        for k, (name, board, mid, payload, status) in enumerate(commands())
    ]  # fmt: skip
    golden = {
        "frames": frames,
        "bad": [{"name": name, "frame": data.hex()} for name, data in bad_frames()],
        "misaddressed": [{"name": name, "frame": data.hex()} for name, data in misaddressed()],
        "commands": answers,
    }
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).with_name("frames.json"))
