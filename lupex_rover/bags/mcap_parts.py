"""Records of an MCAP file taken apart: MCAP specification 1.0 (mcap.dev)."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from mcap import records
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Schema
from mcap.stream_reader import get_chunk_data_stream
from zstandard import ZstdError, frame_content_size

from lupex_rover.bags.bag_channel import BagChannel, Found, definition_format, readable

MAGIC = b"\x89MCAP0\r\n"
RECORD = struct.Struct("<BQ")  # opcode, length
MESSAGE = struct.Struct("<HIQQ")  # channel, sequence, log time, publish time; the data follow
CHUNK = struct.Struct("<QQQII")  # begin, end, unpacked size, CRC, length of the compression's name
LENGTH, INDEX, CRC = struct.Struct("<Q"), struct.Struct("<HI"), struct.Struct("<I")
FOOTER_LENGTH = 20
PRIVATE = 0x80  # opcodes from here on are no business of ours
OF_DATA = (Opcode.CHUNK, Opcode.MESSAGE, Opcode.MESSAGE_INDEX)  # never in the summary
BROKEN = (
    McapError, ValueError, struct.error, EOFError, ZstdError, RuntimeError, OverflowError,
    MemoryError,
)  # fmt: skip
COMPRESSIONS = (b"", b"zstd", b"lz4")
DENSEST = 32_768  # no zstd block of 4 bytes unpacks to more than 128 KiB
UNPACKED_LIMIT = 2 * 2**30  # bytes; writers make chunks of megabytes
PARTS: dict[int, Any] = {
    Opcode.HEADER: records.Header, Opcode.SCHEMA: Schema, Opcode.CHANNEL: Channel,
    Opcode.ATTACHMENT: records.Attachment, Opcode.METADATA: records.Metadata,
    Opcode.DATA_END: records.DataEnd, Opcode.FOOTER: records.Footer,
    Opcode.CHUNK_INDEX: records.ChunkIndex, Opcode.STATISTICS: records.Statistics,
    Opcode.ATTACHMENT_INDEX: records.AttachmentIndex, Opcode.METADATA_INDEX: records.MetadataIndex,
    Opcode.SUMMARY_OFFSET: records.SummaryOffset, Opcode.MESSAGE_INDEX: records.MessageIndex,
}  # fmt: skip


class _Strict(ReadDataStream):
    """Takes no field that is cut short, and any name, also one that is not UTF-8."""

    def read(self, length: int) -> bytes:
        data = super().read(length)
        if len(data) < length:
            raise ValueError("a field ends behind its record")
        return data

    def read_prefixed_string(self) -> str:
        return readable(self.read(self.read4()))


def parse(opcode: int, body: bytes) -> tuple[Any, int]:
    """A record, neither message nor chunk, and how many bytes of `body` it takes.

    Raises
    ------
    One of `BROKEN`
        `body` is no such record.
    """
    stream = _Strict(BytesIO(body))
    record = PARTS[opcode].read(stream)
    if opcode == Opcode.ATTACHMENT:
        stated = CRC.unpack_from(body, stream.count - CRC.size)[0]
        if stated and stated != zlib.crc32(body[: stream.count - CRC.size]):
            raise ValueError("the attachment's CRC is wrong")
    return record, stream.count


def parse_chunk(body: bytes) -> tuple[Chunk, int]:
    """A chunk, still packed, and how many bytes of `body` it takes."""
    stream = _Strict(BytesIO(body))
    return Chunk.read(stream), stream.count


def unpacked(chunk: Chunk) -> bytes:
    """The records of a chunk; its CRC is right."""
    size = chunk.uncompressed_size
    if chunk.compression == "zstd":
        told = max(size, frame_content_size(chunk.data))
        if told > min(UNPACKED_LIMIT, DENSEST * max(4, len(chunk.data))):
            raise ValueError(f"unpacks to {told} bytes, it says")
    stream, length = get_chunk_data_stream(chunk, validate_crc=True)
    return stream.read(length)


def chunk_holds(start: bytes, length: int) -> bool:
    """Whether the first bytes of a chunk and the length of its record agree."""
    if len(start) < CHUNK.size:
        return False
    name_length = CHUNK.unpack_from(start)[4]
    if start[CHUNK.size : CHUNK.size + name_length] not in COMPRESSIONS:
        return False
    at = CHUNK.size + name_length
    if len(start) < at + LENGTH.size:
        return False
    return at + LENGTH.size + LENGTH.unpack_from(start, at)[0] == length


class BagChannels:
    """Schemas and channels of a file as they come; `found` is told of each channel."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._schemas: dict[int, Schema] = {}
        self._channels: dict[int, BagChannel] = {}

    def add(self, record: Schema | Channel) -> None:
        if isinstance(record, Schema):
            self._schemas[record.id] = record
        elif record.id not in self._channels:
            channel = self._bag_channel(record, self._schemas.get(record.schema_id))
            self._channels[record.id] = channel
            self._found.channels[channel] = None

    def get(self, channel: int) -> BagChannel | None:
        """None: the file has not said what the channel is."""
        return self._channels.get(channel)

    def _bag_channel(self, channel: Channel, schema: Schema | None) -> BagChannel:
        text = schema.data.decode("utf-8", "surrogateescape") if schema else ""
        return BagChannel(
            channel.topic, schema.name if schema else "", channel.message_encoding,
            definition_format(schema.encoding, text) if schema else "", text,
            channel.metadata.get("offered_qos_profiles", "") or self._found.told_qos(channel.topic),
            channel.metadata.get("topic_type_hash", ""),
        )  # fmt: skip
