"""Everything known of one run, built up from the news of its reader; the same for scripts and for the window."""

from __future__ import annotations

import math
import platform
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from .data_use import DataUse
from .errors import ReadError
from .kept_columns import KeptColumns
from .processes import is_gone
from .progress import Estimate, Progress
from .records import Event, LogRecord, News, Points, Problem, QualityBand, RunInfo, RunRef, SampleFile
from .series import Series
from .timeline import Timeline

# What the log page can show of a run, 8 MB; older entries stay in the file and are counted.
LOG_KEPT = 10_000
PROBLEMS_KEPT = 200
# Points of one look that go into the estimate of what is left; more say no more.
PACE_POINTS = 200
# Rows at either end of kept columns in which known times are looked for.
END_ROWS = 1_000

Word = Literal["live", "finished", "stalled", "crashed", "unknown"]

# A promise is broken after three of its periods: one lost write or a slow disk is no alarm.
BROKEN_PROMISES = 3.0
# Formats without a promise: live while something came in the last two minutes (torch's SummaryWriter flushes every
# 120 s), stalled up to an hour, then nobody can tell.
QUIET_S = 130.0
FORGOTTEN_S = 3600.0

FINISHED = frozenset({"finished", "completed", "done", "stopped", "interrupted"})
CRASHED = frozenset({"crashed", "failed", "killed", "error"})


@dataclass(frozen=True, slots=True)
class RunState:
    """What a run is doing, and from what this was concluded."""

    word: Word
    reason: str


class RunData:
    """One run as its files tell it so far. absorb() is the only way in."""

    def __init__(self, ref: RunRef) -> None:
        self.ref = ref
        self._forget()

    def _forget(self) -> None:
        self.info = RunInfo(name=self.ref.name, format=self.ref.format)
        self.series: dict[str, Series] = {}
        self.events: list[Event] = []
        self.samples: dict[str, SampleFile] = {}
        self.quality_bands: dict[str, QualityBand] = {}  # by metric: what the corpus has, to be drawn behind the curve
        self.data_usage = DataUse()
        self.log: deque[LogRecord] = deque(maxlen=LOG_KEPT)
        self.log_left_out = 0  # older entries that are only in the file
        self.config: Mapping[str, Any] = {}
        self.problems: list[Problem] = []
        self.problem_count = 0
        self.columns_lost = False  # kept columns were gone when they were to be taken: the run has to be read anew
        self.newest_time: float | None = None  # Unix seconds of the newest point, event or sign of life
        self.changed: float | None = None  # Unix seconds of the newest change to a file
        self.last_step: float | None = None
        self.last_epoch: float | None = None
        self.origin: float | None = None  # Unix seconds at which relative time begins
        self._pace = Progress()
        self._pacemaker: str | None = None  # the metric whose points count as the run's progress

    def absorb(self, news: News) -> frozenset[str]:
        """Take in what a look at the files brought; tells which parts of this object changed."""
        changed: set[str] = set()
        if news.restarted:
            self._forget()
            changed.update(("points", "events", "samples", "alerts", "data_usage", "log", "config", "info", "problems"))
        if news.changed is not None:
            self.changed = max(news.changed, self.changed or 0.0)
        if news.info is not None:
            # A run that is well says so every few seconds, and nothing else about it has to be found anew.
            alive = replace(self.info, heartbeat=news.info.heartbeat) == news.info
            self._absorb_info(news.info)
            changed.add("heartbeat" if alive else "info")
        if news.config is not None:
            self.config = news.config
            changed.add("config")
        if news.columns is not None:
            self._absorb_columns(news.columns)
            changed.add("points")
        if news.points:
            self._absorb_points(news.points)
            changed.add("points")
        changed |= self._absorb_lists(news)
        return frozenset(changed)

    def state(self, now: float) -> RunState:
        """Live, finished, stalled, crashed or unknown, with the reason in words. now: Unix seconds."""
        told = (self.info.state or "").lower()
        if told in FINISHED:
            return RunState("finished", "ended" if told == "finished" else told)
        if told in CRASHED:
            return RunState("crashed", f"the run says: {told}")
        if self.info.pid is not None and self.info.host == platform.node() and is_gone(self.info.pid):
            return RunState("crashed", f"its process {self.info.pid} is gone and left no end")
        seen = max((t for t in (self.newest_time, self.changed) if t is not None), default=None)
        if seen is None:
            return RunState("unknown", "nothing was logged yet")
        return self._state_by_age(max(0.0, now - seen))

    def progress(self, now: float) -> Estimate | None:
        """How far it is and when it will be done; None while nothing was logged. now: Unix seconds."""
        if self.info.state == "finished":
            return Estimate(1.0, 0.0, 0.0, 0.0)
        return self._pace.estimate(now) if self.series else None

    def _state_by_age(self, age: float) -> RunState:
        ago = f"no news for {spoken(age)}"
        promise = self.info.heartbeat_promise_s
        if promise is not None:
            if age <= BROKEN_PROMISES * promise:
                return RunState("live", f"newest sign of life {spoken(age)} ago")
            return RunState("stalled", f"{ago}, promised every {spoken(promise)}")
        if age <= QUIET_S:
            return RunState("live", f"its files changed {spoken(age)} ago")
        if age <= FORGOTTEN_S:
            return RunState("stalled", ago)
        return RunState("unknown", f"{ago}; its format does not say whether it ended")

    def _absorb_info(self, info: RunInfo) -> None:
        plan = self.info.planned_steps, self.info.planned_epochs
        self.info = info
        self._see(info.heartbeat)
        if info.started is not None:
            self._set_origin(info.started)
        if (info.planned_steps, info.planned_epochs) != plan:
            self._pace = Progress(total_steps=info.planned_steps or info.planned_epochs)
            self._count_again()

    def _absorb_columns(self, columns: KeptColumns) -> None:
        try:
            self.series = columns.series()
        except ReadError:  # cleared by another window in this very moment
            self.columns_lost = True
            return
        ends = []
        for series in self.series.values():
            series.origin = self.origin
            timeline, rows = series.timeline, len(series)
            if self.origin is None and timeline.time.known:
                head = timeline.time.raw.slice(0, END_ROWS)
                known = head[np.isfinite(head)]
                self._set_origin(float(known[0]) if len(known) else float(np.nanmin(series.times)))
            tracks = timeline.step, timeline.time, timeline.epoch
            steps, times, epochs = (track.raw.slice(rows - END_ROWS, rows) for track in tracks)
            ends.append(Points(steps, times, epochs, series.since(rows - END_ROWS)))
        self._note_newest(ends)
        self._pacemaker = next(iter(self.series), None)
        self._count_again()

    def _absorb_points(self, points: Mapping[str, Points]) -> None:
        together: dict[int, Timeline] = {}  # by the identity of their steps: metrics logged together
        for name, batch in points.items():
            series = self.series.get(name)
            if series is None:
                timeline = together.setdefault(id(batch.steps), Timeline())
                series = self.series[name] = Series(name, timeline)
                series.origin = self.origin
            series.append(batch)
        for series in self.series.values():
            series.leave_together()
        self._note_newest(points.values())
        if self._pacemaker is None:
            self._pacemaker = next(iter(points))
        if self._pacemaker in points:
            self._count(points[self._pacemaker])

    def _count_again(self) -> None:
        if self._pacemaker is not None:
            series = self.series[self._pacemaker]
            self._count(Points(series.steps, series.times, series.epochs, series.values))

    def _count(self, points: Points) -> None:
        """Show points to the estimate: steps where they are planned, else epochs, which readers give with fractions."""
        done = points.steps if self.info.planned_steps else points.epochs
        known = np.flatnonzero(np.isfinite(done) & np.isfinite(points.times))
        for row in known[:: max(1, len(known) // PACE_POINTS)].tolist():
            self._pace.update(float(points.times[row]), float(done[row]))

    def _note_newest(self, batches: Iterable[Points]) -> None:
        newest: tuple[float, Points] | None = None
        for batch in {id(batch.steps): batch for batch in batches if len(batch)}.values():
            known = batch.times[np.isfinite(batch.times)]
            at = float(known[-1]) if len(known) else -np.inf
            if newest is None or at >= newest[0]:
                newest = at, batch
            if len(known):
                self._see(at)
                if self.origin is None:
                    self._set_origin(float(known[0]))
        if newest is not None:
            self.last_step = float(newest[1].steps[-1])
            if np.isfinite(newest[1].epochs[-1]):
                self.last_epoch = float(newest[1].epochs[-1])

    def _absorb_lists(self, news: News) -> set[str]:
        changed: set[str] = set()
        if news.events:
            self.events.extend(news.events)
            changed.add("events")
            if any(event.kind == "alert" for event in news.events):
                changed.add("alerts")
            for event in news.events:
                self._see(event.time)
                if event.kind == "quality_band" and (band := band_of(event)) is not None:
                    self.quality_bands[band.metric] = band
        if news.samples:
            self.samples.update((sample.path, sample) for sample in news.samples)
            changed.add("samples")
        if news.data_usage:
            self.data_usage.add(news.data_usage)
            changed.add("data_usage")
        if news.log:
            self.log_left_out += news.log_left_out + max(0, len(self.log) + len(news.log) - LOG_KEPT)
            self.log.extend(news.log)
            changed.add("log")
        if news.problems or news.problem_count:
            self.problems.extend(news.problems[: PROBLEMS_KEPT - len(self.problems)])
            self.problem_count += max(news.problem_count, len(news.problems))
            changed.add("problems")
        return changed

    def _see(self, time: float | None) -> None:
        if time is not None and (self.newest_time is None or time > self.newest_time):
            self.newest_time = time

    def _set_origin(self, origin: float) -> None:
        if origin != self.origin:
            self.origin = origin
            for series in self.series.values():
                series.origin = origin


def band_of(event: Event) -> QualityBand | None:
    """The band that an event tells of; None where it lacks its numbers."""
    data = event.data
    told = (data.get(name) for name in ("low", "typical", "high"))
    figures = [float(figure) for figure in told if isinstance(figure, int | float) and math.isfinite(figure)]
    if len(figures) < 3:
        return None
    low, typical, high = figures
    metric, source = str(data.get("metric") or "quality/overall"), str(data.get("source") or "")
    return QualityBand(metric, low, typical, high, source, str(data.get("length") or ""))


def spoken(seconds: float) -> str:
    """A length of time as one would say it: 0.4 s, 12 s, 4 min, 3 h, 5 d."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    for unit, size, up_to in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < up_to:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"
