"""Look for trouble in runs that do not watch themselves, a little at a time and never before their points."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from .anomaly import Alert, Monitor
from .episodes import THE_READER
from .happenings import Happening, LateCards, Telling, happenings
from .records import Event, News, Points, RunInfo
from .rows import Rows
from .run_data import CRASHED, FINISHED
from .sweep import Sweep

END = object()  # of what is prepared


class Vigil:
    """One run's monitor with the rows that it has yet to see.

    Rows wait until the run is loaded, because a format with one file a metric brings its metrics one after the
    other; then they are shown to the monitor in the order of their time, and what happened beside them in its place.
    """

    def __init__(self, *, sensitivity: str = "normal", roles: Mapping[str, str] | None = None) -> None:
        self._sensitivity, self._corrected = sensitivity, dict(roles or {})
        self._cards: dict[str, Mapping[str, Any] | None] = {}  # of samples that the run wrote without one
        self._start()

    def _start(self) -> None:
        self._monitor: Monitor | None = None
        self._waiting: list[Mapping[str, Points]] = []
        self._happened: list[Happening] = []
        self._preparing: Iterator[None] | None = None
        self._under_way: tuple[Sweep, Telling] | None = None
        self._late = LateCards(self._cards)
        self._info: RunInfo | None = None
        self._config: Mapping[str, object] | None = None
        self._finished = False
        self.busy = False  # there is something to be looked at

    def tell(self, news: News) -> None:
        """Take in what a look at the run brought. Raises ReadError where kept columns are gone."""
        if news.restarted:
            self._start()
        if news.columns is not None:
            self._waiting.append(news.columns.points())
        self._info = news.info or self._info
        self._config = news.config if news.config is not None else self._config
        self._happened += happenings(news)
        self._late.expect(news.samples)
        if news.points:
            self._waiting.append(news.points)
        ended = self._monitor is not None and self._has_ended() and not self._finished
        self.busy = self.busy or bool(self._waiting) or bool(self._happened) or ended

    def take_card(self, path: str, card: Mapping[str, Any] | None) -> None:
        """The score card of a sample that the run wrote without one; None when it cannot be scored."""
        self._cards[path] = card
        self.busy = True

    def succeed(self, other: Vigil) -> None:
        """Know the cards that another vigil over the same run was given."""
        self._cards.update(other._cards)

    def work(self, seconds: float) -> list[Event]:
        """Look at rows for about so long; gives the alerts as events of the run."""
        end = time.perf_counter() + seconds
        monitor = self._begun()
        found: list[Event] = []
        while time.perf_counter() < end:
            if self._under_way is not None:
                found += self._some(*self._under_way)
            elif self._preparing is not None:
                if next(self._preparing, END) is END:
                    self._preparing = None
            elif self._waiting or self._happened:
                self._preparing = self._prepare(monitor)
            else:
                self.busy = False
                found += self._end(monitor)
                break
        return found

    def _some(self, sweep: Sweep, telling: Telling) -> list[Event]:
        found = [*telling.until(sweep.place), *sweep.some()]
        if sweep.done:
            found += telling.until(sweep.place)
            self._under_way = None
        return [_event(alert, at) for alert, at in found]

    def _prepare(self, monitor: Monitor) -> Iterator[None]:
        """Bring what waits into the order of its time, a piece a turn."""
        waiting, happened = self._waiting, self._happened
        self._waiting, self._happened = [], []
        rows = Rows()
        yield from rows.fill(waiting)
        telling = Telling(monitor, rows, happened)
        yield
        self._under_way = Sweep(monitor, rows, hear=telling.until, stops=telling.stops), telling

    def _begun(self) -> Monitor:
        if self._monitor is None:
            steps = self._info.planned_steps if self._info else None
            self._monitor = Monitor(
                roles=self._corrected, config=self._config, total_steps=steps, sensitivity=self._sensitivity
            )
        return self._monitor

    def _end(self, monitor: Monitor) -> list[Event]:
        """All that is there was looked at: what was scored later, and the end of the run."""
        ended = self._has_ended()
        late = self._late.complete(ended=ended)
        found = [_event(alert, each.time) for each in late for alert in monitor.event(each.kind, each.step, each.data)]
        if ended and (late or not self._finished):
            self._finished = True
            found += [_event(alert, None) for alert in monitor.finish()]
        return found

    def _has_ended(self) -> bool:
        return self._info is not None and self._info.state in FINISHED | CRASHED


def _event(alert: Alert, at: float | None) -> Event:
    return Event("alert", alert.step, at, None, {**alert.as_dict(), "found_by": THE_READER})
