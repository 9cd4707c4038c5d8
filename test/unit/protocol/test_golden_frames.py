"""Our protocol against golden frames made by code that shares nothing with it."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lupex_rover.protocol import frame, layouts, messages, packet

VECTORS = Path(__file__).parents[2] / "vectors"
GOLDEN = json.loads((VECTORS / "frames.json").read_text())


def plain(payload):
    """A payload's fields as JSON gives them."""
    return {
        k: v.hex() if isinstance(v, bytes) else list(v) if isinstance(v, tuple) else v
        for k, v in payload._asdict().items()
    }


def test_vectors_are_what_their_script_writes(tmp_path):
    script = VECTORS / "make_vectors.py"
    subprocess.run([sys.executable, str(script), str(tmp_path / "again.json")], check=True)
    assert (tmp_path / "again.json").read_bytes() == (VECTORS / "frames.json").read_bytes()
    imports = [line for line in script.read_text().splitlines() if "import" in line.split()]
    assert not any("lupex" in line or "cobs" in line for line in imports)


def test_every_message_of_the_table_has_a_golden_frame():
    made = {(c["message_id"], c["is_tc"]) for c in GOLDEN["frames"]}
    assert {(i, tc) for _, tc, i in layouts.LAYOUTS} <= made
    own = {
        (layouts.APIDS[c["board"]], c["is_tc"], c["message_id"])
        for c in GOLDEN["frames"]
        if c["message_id"] >= 0x10
    }
    assert own == {k for k in layouts.LAYOUTS if k[2] >= 0x10}


def test_worked_example_of_the_icd():
    first = GOLDEN["frames"][0]
    assert first["packet"] == "1904c005000803" + "6efaa50080005fea"
    assert first["frame"] == "051904c005060803" + "6efaa50280035fea00"


@pytest.mark.parametrize("case", GOLDEN["frames"], ids=lambda c: c["name"][:12])
def test_golden_frame_both_ways(case):
    raw = bytes.fromhex(case["frame"])
    [data] = frame.Deframer().feed(b"\x00" + raw)
    assert data.hex() == case["packet"]
    got = packet.decode(data)
    assert got.apid == layouts.APIDS[case["board"]]
    assert (got.is_tc, got.sequence, got.t_ns) == (case["is_tc"], case["sequence"], case["t_ns"])
    layout = layouts.LAYOUTS[(got.apid, got.is_tc, got.message_id)]
    payload = layout.unpack(got.payload)
    assert plain(payload) == case["fields"]
    again = packet.Packet(
        got.apid, got.is_tc, got.sequence, got.message_id, got.t_ns, layout.pack(payload)
    )
    assert frame.encode(packet.encode(again)) == raw


@pytest.mark.parametrize("case", GOLDEN["bad"], ids=lambda c: c["name"])
def test_bad_frame_is_dropped_and_the_next_good_one_is_not(case):
    good = bytes.fromhex(GOLDEN["frames"][0]["frame"])
    deframer = frame.Deframer()
    bad = 0
    taken = []
    for data in deframer.feed(bytes.fromhex(case["frame"]) + good):
        try:
            taken.append(packet.decode(data))
        except packet.PacketError:
            bad += 1
    assert bad + deframer.dropped == 1
    assert [p.sequence for p in taken] == [5]


def test_longest_packet_passes_and_one_byte_more_is_refused_here_too():
    longest = max((bytes.fromhex(c["packet"]) for c in GOLDEN["frames"]), key=len)
    assert len(longest) == 1024
    with pytest.raises(ValueError, match="1025"):
        frame.encode(longest + b"\x01")


def test_any_cut_of_the_stream_gives_the_same_packets():
    stream = b"".join(bytes.fromhex(c["frame"]) for c in GOLDEN["frames"])
    whole = frame.Deframer().feed(stream)
    rng = np.random.default_rng(3)
    cuts = sorted(rng.integers(0, len(stream), 40))
    deframer, pieces = frame.Deframer(), []
    for a, b in zip([0, *cuts], [*cuts, len(stream)]):
        pieces += deframer.feed(stream[a:b])
    assert pieces == whole
    assert len(whole) == len(GOLDEN["frames"])


def test_random_bytes_never_pass_and_never_raise():
    rng = np.random.default_rng(4)
    deframer = frame.Deframer()
    for _ in range(300):
        for data in deframer.feed(rng.integers(0, 256, 500, dtype=np.uint8).tobytes()):
            with pytest.raises(packet.PacketError):
                packet.decode(data)


def test_header_agrees_with_spacepackets():
    from spacepackets.ccsds.spacepacket import PacketType, SpacePacketHeader

    data = bytes.fromhex(GOLDEN["frames"][0]["packet"])
    header = SpacePacketHeader.unpack(data)
    assert (header.apid, header.seq_count, header.packet_type) == (0x104, 5, PacketType.TC)
    assert header.packet_len == len(data)


@pytest.mark.parametrize("rest_ns", [0, 1, 499_999_999, 999_999_999])
def test_time_survives_to_the_resolution_of_the_wire(rest_ns):
    t_ns = 1_861_920_000 * 10**9 + rest_ns
    sent = packet.Packet(0x101, False, 0, 1, t_ns)
    assert abs(packet.decode(packet.encode(sent)).t_ns - t_ns) <= 10**9 / 65536


def test_f32_of_the_edge_is_in_range_and_the_next_one_is_not():
    drive = layouts.of(messages.Drive)
    for edge, k in ((0.30, 0), (1.75, 1)):
        above = float(np.nextafter(np.float32(edge), np.float32(9)))
        for sign in (1, -1):
            for value, good in ((edge, True), (float(np.float32(edge)), True), (above, False)):
                fields = [(0.0,) * 4, (0.0,) * 4]
                fields[k] = (0.0, sign * value, 0.0, 0.0)
                assert drive.in_range(messages.Drive(*fields)) is good


def test_an_inertial_packet_is_decoded_within_its_budget():
    case = next(c for c in GOLDEN["frames"] if c["name"] == "INERTIAL")
    raw, deframer = bytes.fromhex(case["frame"]), frame.Deframer()

    def decode_all(count):
        start = time.perf_counter()
        for _ in range(count):
            for data in deframer.feed(raw):
                got = packet.decode(data)
                layouts.LAYOUTS[got.apid, got.is_tc, got.message_id].unpack(got.payload)
        return (time.perf_counter() - start) / count

    assert min(decode_all(500) for _ in range(20)) < 25e-6
