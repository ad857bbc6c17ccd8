"""Write TensorBoard's event files: the framing, and the few messages that a training run has to tell.

A file is a row of records: u64 length, masked CRC-32C of it, the bytes, masked CRC-32C of them, little endian. The
bytes are a protobuf Event {1 wall_time, 2 step, 3 file_version, 5 summary}; the fields of a Summary.Value are named
where they are written below. tensorboard/compat/proto in TensorBoard's source holds the definitions.

By hand, because the library that writes them costs 0.5 ms a scalar (tensorboardX 2.6, twelve scalars a step) and
training pays for it; the twelve in one event here cost 60 microseconds, nearly all of them for the checksum.
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .crc32c import masked_crc, masked_crcs

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
TOGETHER = 100_000  # records made at once: some 10 MB
VERSION = b"brain.Event:2"
# How a session ended, for the plug-in hparams.
SUCCESS, FAILURE = 1, 2
_STRING, _ONE_DIMENSION = 7, 1  # DataType DT_STRING; the shape [1]
_files = itertools.count()


class EventWriter:
    """One event file in folder, which is made if missing. Every call is one record, on its way to disk at flush().

    step: whole numbers; t: Unix seconds. Raises OSError where the file cannot be written.
    """

    def __init__(self, folder: Path, now: float | None = None) -> None:
        began = time.time() if now is None else now
        folder.mkdir(parents=True, exist_ok=True)
        # As TensorBoard's own writer names it: it and others sort by the time, and tell writers apart by the rest.
        name = f"events.out.tfevents.{int(began):010d}.{socket.gethostname()}.{os.getpid()}.{next(_files)}"
        self.path = folder / name
        self._file = self.path.open("xb")
        self.began = began
        self._write(_double(1, began) + _bytes(3, VERSION))

    def scalars(self, step: float, t: float, values: Mapping[str, float]) -> None:
        """All of one step in one event; as float32, which is what TensorBoard keeps."""
        self._tell(step, t, (_text(1, tag) + _float(2, value) for tag, value in values.items()))

    def curve(self, tag: str, steps: Floats, times: Floats, values: Floats) -> None:
        """A whole series at once, one event a value, in its order; steps are cut to whole numbers.

        Records of one length are made together, 1M of them in about a second.
        """
        whole = np.maximum(np.nan_to_num(steps), 0).astype(np.int64)
        sizes = np.maximum((np.frexp(whole.astype(np.float64))[1] + 6) // 7, 1)  # bytes of each step as a varint
        ends = np.flatnonzero(np.diff(sizes)) + 1
        for part in np.split(np.arange(len(whole)), ends):
            for start in range(0, len(part), TOGETHER):
                rows = part[start : start + TOGETHER]
                self._file.write(_records(tag, whole[rows], times[rows], values[rows]))

    def histogram(self, step: float, t: float, tag: str, counts: Sequence[float], edges: Sequence[float]) -> None:
        """counts[i] values lie between edges[i] and edges[i + 1]; sums are taken from the middles."""
        middles = [(low + high) / 2 for low, high in itertools.pairwise(edges)]
        total = sum(count * middle for count, middle in zip(counts, middles, strict=True))
        squares = sum(count * middle * middle for count, middle in zip(counts, middles, strict=True))
        heads = (edges[0], edges[-1], sum(counts), total, squares)  # HistogramProto: 1 min, 2 max, 3 num, 4 sum, 5 sum²
        content = b"".join(_double(number, value) for number, value in enumerate(heads, 1))
        # 6 bucket_limit, the right ends; 7 bucket. The first bucket ends where the values begin.
        content += _doubles(6, edges) + _doubles(7, (0, *counts))
        self._tell(step, t, [_text(1, tag) + _bytes(5, content)])

    def text(self, step: float, t: float, tag: str, text: str) -> None:
        """Shown as Markdown by TensorBoard's page."""
        # TensorProto: 1 dtype, 2 shape {2 dimension {1 size}}, 8 string_val
        shape = _bytes(2, _bytes(2, _number(1, _ONE_DIMENSION)))
        tensor = _number(1, _STRING) + shape + _text(8, text)
        self._tell(step, t, [_text(1, tag) + _bytes(8, tensor) + _plugin("text", b"")])

    def session_start(self, t: float, settings: Mapping[str, object]) -> None:
        """The configuration, as the plug-in hparams wants it; what is neither number nor truth becomes text."""
        # SessionStartInfo: 1 map of hyperparameters, 5 start_time_secs
        entries = (_bytes(1, _text(1, name) + _bytes(2, _value(value))) for name, value in settings.items())
        self._session("session_start_info", t, _bytes(3, b"".join(entries) + _double(5, t)))

    def session_end(self, t: float, status: int) -> None:
        self._session("session_end_info", t, _bytes(4, _number(1, status) + _double(2, t)))

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _session(self, name: str, t: float, content: bytes) -> None:
        self._tell(0, t, [_text(1, f"_hparams_/{name}") + _plugin("hparams", content)])

    def _tell(self, step: float, t: float, values: Iterable[bytes]) -> None:
        summary = b"".join(_bytes(1, value) for value in values)
        self._write(_double(1, t) + _number(2, int(step)) + _bytes(5, summary))

    def _write(self, record: bytes) -> None:
        length = struct.pack("<Q", len(record))
        checks = (struct.pack("<I", masked_crc(part)) for part in (length, record))
        self._file.write(length + next(checks) + record + next(checks))


def _records(tag: str, steps: Whole, times: Floats, values: Floats) -> bytes:
    """Framed events of one tag; the steps take equally many bytes."""
    name = _text(1, tag)
    summary = _bytes(1, name + _float(2, 0.0))
    size = len(_varint(int(steps[0])))
    blank = _double(1, 0.0) + _varint(2 << 3) + bytes(size) + _bytes(5, summary)
    rows = np.tile(np.frombuffer(blank, np.uint8), (len(steps), 1))
    rows[:, 1:9] = np.ascontiguousarray(times, "<f8").view(np.uint8).reshape(-1, 8)
    for at in range(size):  # after the nine bytes of wall_time and the step's key
        more = 0x80 if at < size - 1 else 0
        rows[:, 10 + at] = (steps >> 7 * at & 0x7F | more).astype(np.uint8)
    with np.errstate(over="ignore"):  # beyond 3.4e38 is infinity
        rows[:, -4:] = values.astype("<f4").view(np.uint8).reshape(-1, 4)
    length = struct.pack("<Q", len(blank))
    head = length + struct.pack("<I", masked_crc(length))
    heads = np.tile(np.frombuffer(head, np.uint8), (len(steps), 1))
    checks = masked_crcs(rows).astype("<u4").view(np.uint8).reshape(-1, 4)
    return np.hstack([heads, rows, checks]).tobytes()


def _plugin(name: str, content: bytes) -> bytes:
    """9 metadata {1 plugin_data {1 plugin_name, 2 content}}."""
    return _bytes(9, _bytes(1, _text(1, name) + _bytes(2, content)))


def _value(value: object) -> bytes:
    """A google.protobuf.Value: 2 number, 3 string, 4 bool."""
    if isinstance(value, bool):
        return _number(4, value)
    if isinstance(value, int | float):
        try:
            return _double(2, value)
        except OverflowError:  # a whole number beyond 1.8e308
            pass
    return _text(3, str(value))


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; negative numbers as 64 bits."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    try:
        return _varint(field << 3 | 5) + struct.pack("<f", value)
    except OverflowError:  # beyond 3.4e38
        return _varint(field << 3 | 5) + struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _bytes(field, content.encode("utf-8", "replace"))


def _doubles(field: int, values: Sequence[float]) -> bytes:
    return _bytes(field, struct.pack(f"<{len(values)}d", *values))
