"""Open one run of any known format from a script or a notebook."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .column_cache import CachedCursor, ColumnCache
from .discovery import discover, file_name
from .errors import ReadError
from .records import Event, Floats, News, RunRef, SampleFile
from .registry import readers
from .run_data import RunData


def open_run(path: str | os.PathLike[str]) -> OpenRun:
    """The run at path: its folder, its file, or a folder with just one run in it. Raises ReadError otherwise."""
    return OpenRun(find_run(path))


def find_run(path: str | os.PathLike[str]) -> RunRef:
    """Where the one run at path is, unread. Raises ReadError where there is none, or more than one."""
    place = Path(path).absolute()
    found = runs_at(place)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(str(Path(ref.path).relative_to(place)) for ref in found[:5])
        more = ", ..." if len(found) > 5 else ""
        raise ReadError(f"{place} holds {len(found)} runs ({names}{more}); open one of them")
    raise ReadError(f"{place} is not a run of any known format ({', '.join(r.name for r in readers().readers)})")


def runs_at(place: Path) -> Sequence[RunRef]:
    """The run that place is, or else all runs below it. Raises ReadError where it is not there."""
    found = readers().refs(place, place.name if place.is_dir() else file_name(str(place)))
    if found is None:
        raise ReadError(f"{place} is being written to; try again")
    if not found and not place.exists():
        raise ReadError(f"{place} does not exist; give the folder or the file of a run")
    return discover(place) if not found and place.is_dir() else found


class OpenRun:
    """One run as its files tell it; load() reads what there is now, and later what came since."""

    def __init__(self, ref: RunRef) -> None:
        reader = readers().named(ref.format)
        if reader is None:
            raise ReadError(f"no reader is called {ref.format}")
        self.data = RunData(ref)
        self._reader = reader
        self._cursor = ColumnCache.of_user().open(reader, ref)
        self.load()

    def load(self) -> OpenRun:
        """Read everything that is new."""
        more = True
        while more:
            news = self._cursor.poll()
            self.data.absorb(news)
            more = news.more
            if self.data.columns_lost:
                self.data.absorb(News(restarted=True))
                self._cursor = ColumnCache.of_user().open(self._reader, self.data.ref, fresh=True)
                more = True
        if isinstance(self._cursor, CachedCursor) and self._cursor.worth_keeping():
            for _ in self._cursor.keep(self.data.series):
                continue
        return self

    def close(self) -> None:
        self._cursor.close()

    def __enter__(self) -> OpenRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> str:
        return self.data.ref.path

    @property
    def name(self) -> str:
        return self.data.info.name

    @property
    def metrics(self) -> list[str]:
        """Names of all metrics, in the order they appeared."""
        return list(self.data.series)

    def series(self, name: str) -> tuple[Floats, Floats]:
        """Steps and values of a metric, both of shape (points,), NaN and infinity kept. Raises KeyError."""
        found = self.data.series[name]
        return found.steps, found.values

    @property
    def config(self) -> Mapping[str, Any]:
        return self.data.config

    @property
    def samples(self) -> list[SampleFile]:
        return list(self.data.samples.values())

    @property
    def events(self) -> list[Event]:
        return self.data.events

    def __repr__(self) -> str:
        return f"<run {self.name}: {len(self.metrics)} metrics, {len(self.samples)} samples, {self.data.ref.format}>"
