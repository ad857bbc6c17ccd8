"""Events written byte by byte after tensorboard's event.proto, summary.proto and tensor.proto, for what tensorboardX
cannot write: the tensors of TensorFlow 2 and Keras, and damage.
"""

from __future__ import annotations

import struct

import numpy as np

from musiclog.crc32c import masked_crc

DT_FLOAT, DT_DOUBLE, DT_INT32, DT_INT64, DT_BOOL, DT_BFLOAT16, DT_HALF, DT_STRING = 1, 2, 3, 9, 10, 14, 19, 7


def varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def record(body: bytes) -> bytes:
    length = struct.pack("<Q", len(body))
    return length + struct.pack("<I", masked_crc(length)) + body + struct.pack("<I", masked_crc(body))


def event(step: int, *values: bytes, t: float = 1.7e9) -> bytes:
    place = b"" if step == 0 else b"\x10" + varint(step)
    return b"\x09" + struct.pack("<d", t + step) + place + message(5, b"".join(message(1, value) for value in values))


def simple(tag: str, value: float) -> bytes:
    return message(1, tag.encode()) + b"\x15" + struct.pack("<f", value)


def tensor(tag: str, dtype: int, content: bytes, *, shape: tuple[int, ...] = (), plugin: str | None = None) -> bytes:
    """content: the value fields of a TensorProto."""
    dims = b"".join(message(2, b"\x08" + varint(size)) for size in shape)
    head = b"" if plugin is None else message(9, message(1, message(1, plugin.encode())))
    return message(1, tag.encode()) + message(8, b"\x08" + varint(dtype) + message(2, dims) + content) + head


def raw(value: object, kind: str) -> bytes:
    """tensor_content"""
    return message(4, np.array(value, dtype=kind).tobytes())


def version() -> bytes:
    return record(b"\x09" + struct.pack("<d", 1.7e9) + message(3, b"brain.Event:2"))
