"""The values that readers hand out: immutable, and the same for every tracker's format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .kept_columns import KeptColumns

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RunRef:
    """Where a run was found: the path that names it, its format, and the name to show until it says its own."""

    path: str  # absolute; the run's folder or file
    format: str
    name: str


@dataclass(frozen=True, slots=True)
class Points:
    """New points of one series: four arrays of equal length.

    steps as logged; times in Unix seconds, NaN where the format has none; epochs, NaN where unknown;
    values, NaN and infinity kept.
    """

    steps: Floats
    times: Floats
    epochs: Floats
    values: Floats

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened once: an epoch, a checkpoint, a sample, an alert, a note, a resume, the finish.

    kind is one of epoch_start, epoch_end, checkpoint, sample, card, quality_band, alert, note, resume, finish; data is
    the record's other fields as written.
    """

    kind: str
    step: float | None
    time: float | None
    epoch: float | None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A generated MIDI file of a run; path is absolute and lies inside the run folder."""

    path: str
    name: str
    step: float | None = None
    epoch: float | None = None
    time: float | None = None
    prompt: str | None = None
    seed: int | None = None
    temperature: float | None = None
    checkpoint: str | None = None
    card: Mapping[str, Any] | None = None  # the score card that the run wrote beside it


@dataclass(frozen=True, slots=True)
class QualityBand:
    """What the music of a corpus itself has of a metric: 80 of 100 excerpts lie from low to high."""

    metric: str  # such as quality/overall
    low: float
    typical: float
    high: float
    source: str  # the corpus, its number of pieces and a fingerprint of its content
    length: str = ""  # of the excerpts, such as "8 bars": about that of the run's samples


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One entry of a text log: its head line and the indented lines under it."""

    time: float | None
    level: str
    module: str
    message: str
    tag: str | None = None  # EPOCH_START, ANOMALY_DETECTED, ... where the writer gives one
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be read; reading went on after it."""

    file: str
    offset: int  # in bytes
    message: str


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What a run says of itself. None means that its format does not say."""

    name: str
    format: str
    id: str | None = None
    state: str | None = None  # as written: running, finished, crashed, ...
    started: float | None = None  # Unix seconds
    ended: float | None = None
    heartbeat: float | None = None  # Unix seconds of the last sign of life
    heartbeat_promise_s: float | None = None
    planned_epochs: float | None = None
    planned_steps: float | None = None
    host: str | None = None
    pid: int | None = None
    tags: tuple[str, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    watches_itself: bool = False  # it writes its own alerts, so nobody else need look for them
    reference: str | None = None  # the folder of its training corpus, which its samples are scored against


@dataclass(frozen=True, slots=True)
class News:
    """What one look at a run brought. Empty fields mean: nothing new there."""

    points: Mapping[str, Points] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    samples: tuple[SampleFile, ...] = ()
    data_usage: tuple[Mapping[str, Any], ...] = ()
    log: tuple[LogRecord, ...] = ()
    log_left_out: int = 0  # older log entries that were passed over and are only in the file
    config: Mapping[str, Any] | None = None
    info: RunInfo | None = None
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0  # bad lines met, also those that are not listed in problems
    restarted: bool = False  # a file was replaced: forget what was told before, this starts again
    more: bool = False  # the look ended at its byte limit; there is more to read at once
    changed: float | None = None  # Unix seconds of the newest change to the run's files, where this look noticed one
    columns: KeptColumns | None = None  # points that were kept from an earlier time; they come before all others

    def __bool__(self) -> bool:
        return bool(
            self.points
            or self.events
            or self.samples
            or self.data_usage
            or self.log
            or self.config is not None
            or self.info is not None
            or self.problems
            or self.problem_count
            or self.restarted
            or self.changed is not None
            or self.columns is not None
        )
