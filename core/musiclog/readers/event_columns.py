"""The scalars of many TensorBoard records at once: what looks alike is read alike."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..columns import Indices
from ..crc32c import masked_crc, masked_crcs
from ..records import Floats
from .event_proto import SIZES, ParsedEvent, Scalar, Setting, Slot, parse

Bytes = NDArray[np.uint8]
# Records of one length whose groups are this small, several times in a row, are read one by one.
SMALL_GROUP, PATIENCE = 4, 8
# So many tags of one length are told apart by comparing, which costs less than sorting.
PEELED = 32
# Checksums of records beyond this size are not checked: they are pictures and histograms, not scalars.
CHECKED = 4_096


@dataclass(slots=True)
class Found:
    """The scalars of one tag: where their records lie in the turn's bytes, steps, Unix seconds, values."""

    places: list[Indices] = field(default_factory=list)
    steps: list[Floats] = field(default_factory=list)
    times: list[Floats] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)

    def in_order(self) -> tuple[Floats, Floats, Floats]:
        """Steps, times and values in the order of the file."""
        if len(self.places) == 1:
            return self.steps[0], self.times[0], self.values[0]
        order = np.argsort(np.concatenate(self.places), kind="stable")
        steps, times, values = (np.concatenate(parts)[order] for parts in (self.steps, self.times, self.values))
        return steps, times, values


@dataclass(slots=True)
class Extract:
    """What a turn's records hold."""

    by_tag: dict[str, Found] = field(default_factory=dict)
    plugins: dict[str, str] = field(default_factory=dict)  # of tags that say one
    settings: dict[str, Setting] = field(default_factory=dict)  # the run's configuration, where it was told
    bad: list[tuple[int, str]] = field(default_factory=list)  # place of the record, what is wrong

    def add(self, tag: str, places: Indices, steps: Floats, times: Floats, values: Floats) -> None:
        found = self.by_tag.setdefault(tag, Found())
        found.places.append(places)
        found.steps.append(steps)
        found.times.append(times)
        found.values.append(values)


def extract(data: bytes, starts: Indices, lengths: Indices) -> Extract:
    """The scalars of the records of data whose bodies begin at starts."""
    found = Extract()
    buffer = np.frombuffer(data, dtype=np.uint8)
    order = np.argsort(lengths, kind="stable")
    cuts = np.flatnonzero(np.diff(lengths[order])) + 1
    for group in np.split(order, cuts):
        if len(group):
            _same_length(data, buffer, starts[group], int(lengths[group[0]]), found)
    return found


def _same_length(data: bytes, buffer: Bytes, starts: Indices, length: int, found: Extract) -> None:
    if len(starts) < SMALL_GROUP or length > CHECKED:
        _one_by_one(data, starts, length, found)
        return
    windows = sliding_window_view(buffer, length + 4)
    rows = windows[starts]
    stored = np.ascontiguousarray(rows[:, length:]).view("<u4")[:, 0]
    intact = masked_crcs(rows[:, :length]) == stored
    if not intact.all():
        found.bad += [(int(start), "its checksum is wrong") for start in starts[~intact]]
        rows, starts = rows[intact], starts[intact]
    disappointments = 0
    while len(starts):
        done = _one_shape(data, rows[:, :length], starts, found)
        disappointments = disappointments + 1 if done.sum() < SMALL_GROUP else 0
        rows, starts = rows[~done], starts[~done]
        if disappointments > PATIENCE:
            _one_by_one(data, starts, length, found)
            return


def _one_shape(data: bytes, rows: Bytes, starts: Indices, found: Extract) -> NDArray[np.bool_]:
    """Read all rows that are built like the first one, of whatever tags; tells which rows are done."""
    length = rows.shape[1]
    done = np.zeros(len(rows), dtype=np.bool_)
    done[0] = True
    first = _parse(data, int(starts[0]), length, found)
    if first is None or not first.scalars:
        return done
    if any(scalar.slot is None for scalar in first.scalars) or first.wall_start is None:
        _add_one(int(starts[0]), first, found)
        return done
    some = np.flatnonzero(_ends_well(rows, first))
    skeleton = _skeletons(rows[some], first)
    for group in _groups((skeleton * _weights(skeleton.shape[1])).sum(axis=1, dtype=np.uint64)):
        model = int(some[group[0]])
        parsed = first if model == 0 else _parse(data, int(starts[model]), length, found)
        if parsed is None:
            done[model] = True
        elif _shape(parsed) == _shape(first):
            alike = some[group[(skeleton[group] == skeleton[group[0]]).all(axis=1)]]
            _add_many(rows[alike], starts[alike], parsed, found)
            done[alike] = True
    return done


def _groups(keys: NDArray[np.uint64]) -> list[Indices]:
    """Places of equal keys, each group in order. Only the first group where nearly every key is another one: then the
    keys cover bytes that vary, as they do when a record without a step (step 0) is taken for the pattern.
    """
    groups: list[Indices] = []
    rest = np.arange(len(keys))
    while len(rest) and len(groups) < PEELED:
        same = keys[rest] == keys[rest[0]]
        groups.append(rest[same])
        rest = rest[~same]
    if not len(rest):
        return groups
    order = rest[np.argsort(keys[rest], kind="stable")]
    others = np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)
    return groups + others if len(others) * SMALL_GROUP <= len(order) else groups[:1]


def _weights(count: int) -> NDArray[np.uint64]:
    """Odd numbers that make one key of the words of a row; rows of equal keys are compared in full afterwards."""
    return np.random.default_rng(count).integers(1, 1 << 62, count, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


def _skeletons(rows: Bytes, event: ParsedEvent) -> NDArray[np.uint64]:
    """The rows without the bytes that hold time, step and values, as words."""
    count, length = rows.shape
    padded = np.zeros((count, -(-length // 8) * 8), dtype=np.uint8)
    padded[:, :length] = rows
    for start, size in _variable(event):
        padded[:, start : start + size] = 0
    return padded.view(np.uint64)


def _variable(event: ParsedEvent) -> list[tuple[int, int]]:
    parts = [(scalar.slot.start, SIZES[scalar.slot.kind]) for scalar in event.scalars if scalar.slot is not None]
    if event.wall_start is not None:
        parts.append((event.wall_start, 8))
    if event.step_start is not None:
        parts.append((event.step_start, event.step_size))
    return parts


def _ends_well(rows: Bytes, event: ParsedEvent) -> NDArray[np.bool_]:
    """Whether the step is a number of just so many bytes."""
    if event.step_start is None:
        return np.ones(len(rows), dtype=np.bool_)
    step = rows[:, event.step_start : event.step_start + event.step_size] >= 0x80
    return ~step[:, -1] & step[:, :-1].all(axis=1)


def _shape(event: ParsedEvent) -> tuple[object, ...]:
    return event.wall_start, event.step_start, event.step_size, tuple(scalar.slot for scalar in event.scalars)


def _add_many(rows: Bytes, starts: Indices, event: ParsedEvent, found: Extract) -> None:
    assert event.wall_start is not None
    times = _read(rows, Slot(event.wall_start, "<f8"))
    steps = np.zeros(len(rows))
    if event.step_start is not None:
        steps = _read_varint(rows[:, event.step_start : event.step_start + event.step_size])
    for scalar in event.scalars:
        assert scalar.slot is not None
        _note_plugin(scalar, found)
        found.add(scalar.tag, starts, steps, times, _read(rows, scalar.slot))


def _read(rows: Bytes, slot: Slot) -> Floats:
    content = np.ascontiguousarray(rows[:, slot.start : slot.start + SIZES[slot.kind]])
    if slot.kind == "bfloat16":
        return (content.view("<u2")[:, 0].astype("<u4") << 16).view("<f4").astype(np.float64)
    return content.view(slot.kind)[:, 0].astype(np.float64)


def _read_varint(digits: Bytes) -> Floats:
    value = np.zeros(len(digits), dtype=np.uint64)
    for at in range(digits.shape[1]):
        value |= (digits[:, at] & 0x7F).astype(np.uint64) << np.uint64(7 * at)
    return value.view(np.int64).astype(np.float64)


def _one_by_one(data: bytes, starts: Indices, length: int, found: Extract) -> None:
    for start in starts.tolist():
        if length <= CHECKED:
            stored = int.from_bytes(data[start + length : start + length + 4], "little")
            if masked_crc(data[start : start + length]) != stored:
                found.bad.append((start, "its checksum is wrong"))
                continue
        event = _parse(data, start, length, found)
        if event is not None:
            _add_one(start, event, found)


def _parse(data: bytes, start: int, length: int, found: Extract) -> ParsedEvent | None:
    try:
        event = parse(data[start : start + length])
    except ValueError as error:
        found.bad.append((start, f"no event: {error}"))
        return None
    found.settings.update(event.settings)
    return event


def _add_one(start: int, event: ParsedEvent, found: Extract) -> None:
    place, step, time = np.array([start]), np.array([float(event.step)]), np.array([event.wall_time])
    for scalar in event.scalars:
        _note_plugin(scalar, found)
        found.add(scalar.tag, place, step, time, np.array([scalar.value]))


def _note_plugin(scalar: Scalar, found: Extract) -> None:
    if scalar.plugin:
        found.plugins[scalar.tag] = scalar.plugin
