"""Writes golden frames of the ICD to frames.json. Shares no code with lupex_rover.

Own COBS, own bitwise CRC, own packing, straight from the ICD's text:
    python test/vectors/make_vectors.py > test/vectors/frames.json
"""

import json
import struct

T0 = 1861920000  # 2029-01-01 00:00:00 UTC
APID = {
    "MOB": 0x101,
    "IMU": 0x102,
    "STR": 0x103,
    "EPS": 0x104,
    "DRL": 0x105,
    "SCI": 0x106,
    "LND": 0x107,
}
NAN = float("nan")


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
            value &= 0xFFFF
    return value


def cobs(data):
    out, block = bytearray(), bytearray()
    for byte in data:
        if byte == 0:
            out.append(len(block) + 1)
            out += block
            block = bytearray()
        else:
            block.append(byte)
            if len(block) == 254:
                out.append(255)
                out += block
                block = bytearray()
    out.append(len(block) + 1)
    return bytes(out + block)


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
    ("SLOT_COMMAND", "SCI", True, 8, 0x11, b"\x00\x05\x00\x00\x11", {"slot": 0, "opcode": 5, "data": "000011"}),
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
    ("DRILL_STATE", "DRL", False, 14, 0x20, f(0.5, 120, 8, 100, 0.0009765625, -40, 2.5, 12) + b"\x01\x0c",
     {"depth_m": 0.5, "auger_rpm": 120, "torque_nm": 8, "wob_n": 100, "feed_mps": 0.0009765625,
      "bit_degc": -40, "auger_current_a": 2.5, "sample_mass_g": 12, "gate": 1, "cup": 12}),
    ("SLOT_DATA", "SCI", False, 15, 0x20, b"\x00\x02" + struct.pack(">I", 77) + bytes(range(256)),
     {"slot": 0, "kind": 2, "record": 77, "data": bytes(range(256)).hex()}),
    ("ALTIMETER", "LND", False, 16, 0x20, f(1234.5, 10, -20, -5) + b"\x01\x00",
     {"slant_range_m": 1234.5, "velocity_mps": [10, -20, -5], "valid": 1, "touchdown": 0}),
]  # fmt: skip


def bad_frames():
    good = packet("EPS", True, 5, 0x03)
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    version = bytes([good[0] | 0x20]) + good[1:-2]
    version += struct.pack(">H", crc(version))
    length = good[:5] + bytes([good[5] + 1]) + good[6:-2]
    length += struct.pack(">H", crc(length))
    return [
        ("wrong CRC", cobs(flipped) + b"\0"),
        ("wrong version", cobs(version) + b"\0"),
        ("wrong length", cobs(length) + b"\0"),
        ("truncated", cobs(good[:9]) + b"\0"),
        ("not COBS", b"\x09\x01\x02\0"),
        ("too long", b"\x01" * 5000 + b"\0"),
    ]


def commands_to_refuse():
    return [
        ("unknown message", packet("EPS", True, 21, 0x7F), 1),
        ("wrong length", packet("MOB", True, 22, 0x04, b"\x01\x01"), 2),
        ("speed above 0.30", packet("MOB", True, 23, 0x10, f(0.31, 0, 0, 0, 0, 0, 0, 0)), 3),
        ("not finite", packet("MOB", True, 24, 0x10, f(NAN, 0, 0, 0, 0, 0, 0, 0)), 3),
        ("drill rpm out of range", packet("DRL", True, 25, 0x10, f(151, 0, 0) + b"\0"), 3),
        ("cup 12", packet("DRL", True, 26, 0x12, b"\x0c"), 3),
        ("drive while idle", packet("MOB", True, 27, 0x10, f(*[0.0] * 8)), 4),
    ]


def main():
    frames = [
        {"name": name, "board": board, "is_tc": tc, "sequence": seq, "message_id": mid,
         "t_ns": T0 * 10**9 + 500_000_000, "fields": fields,
         "packet": packet(board, tc, seq, mid, payload).hex(),
         "frame": (cobs(packet(board, tc, seq, mid, payload)) + b"\0").hex()}
        for name, board, tc, seq, mid, payload, fields in CASES
    ]  # fmt: skip
    bad = [{"name": name, "frame": data.hex()} for name, data in bad_frames()]
    refused = [
        {"name": name, "frame": (cobs(data) + b"\0").hex(), "status": status}
        for name, data, status in commands_to_refuse()
    ]
    print(json.dumps({"frames": frames, "bad": bad, "refused": refused}, indent=1))


if __name__ == "__main__":
    main()
