"""CRC-32C (Castagnoli), masked as TFRecord files have it, over many records at once."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
POLYNOMIAL = 0x82F63B78  # reversed


def masked_crc(data: bytes) -> int:
    """The masked checksum of one record, byte by byte: for the few that do not come in groups."""
    table = _bytewise()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return mask(crc ^ 0xFFFFFFFF)


def masked_crcs(records: NDArray[np.uint8]) -> Words:
    """The masked checksum of each row of records, shape (records, bytes), two bytes at a time."""
    count, length = records.shape
    even = length // 2 * 2
    columns = np.ascontiguousarray(np.ascontiguousarray(records[:, :even]).view("<u2").T)
    crc = np.full(count, 0xFFFFFFFF, dtype="<u4")
    low = crc.view("<u2")[::2]
    pairs = _pair_words()
    for pair in columns:
        found = pairs.take(low ^ pair)
        crc >>= np.uint32(16)
        crc ^= found
    if length % 2:
        crc = _byte_words()[(crc ^ records[:, -1]) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
    crc = crc ^ np.uint32(0xFFFFFFFF)
    masked: Words = ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(0xA282EAD8)
    return masked


def mask(crc: int) -> int:
    """Stored checksums are rotated and moved, because the data may hold checksums itself."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _bytewise() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)  # noqa: PLW2901
        table.append(value)
    return tuple(table)


@cache
def _byte_words() -> Words:
    return np.array(_bytewise(), dtype=np.uint32)


@cache
def _pair_words() -> Words:
    """The checksum after two bytes, indexed by both: 256 KB, which stays in the second-level cache."""
    table = _byte_words()
    pairs = np.arange(65_536, dtype=np.uint32)
    once = table[pairs & 0xFF] ^ (pairs >> 8)
    twice: Words = table[once & 0xFF] ^ (once >> 8)
    return twice
