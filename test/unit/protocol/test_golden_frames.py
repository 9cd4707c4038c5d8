"""Our protocol against golden frames made by code that shares nothing with it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lupex_rover.protocol import frame, layouts, packet

VECTORS = Path(__file__).parents[2] / "vectors"
GOLDEN = json.loads((VECTORS / "frames.json").read_text())


def plain(payload):
    """A payload's fields as JSON gives them."""
    return {
        k: v.hex() if isinstance(v, bytes) else list(v) if isinstance(v, tuple) else v
        for k, v in payload._asdict().items()
    }


def test_vectors_are_what_their_script_writes():
    script = [sys.executable, str(VECTORS / "make_vectors.py")]
    made = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    assert json.loads(made) == GOLDEN
    assert "lupex_rover" not in (VECTORS / "make_vectors.py").read_text().split('"""', 2)[2]


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
