"""A run of any known format as files of another: TensorBoard, CSV, Parquet, and what other packages bring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from ..errors import MusiclogError
from ..run_data import RunData

GROUP: Final = "musiclog.exporters"
BUILT_IN: Final = (
    EntryPoint("csv", "musiclog.conversion.tables:Csv", GROUP),
    EntryPoint("parquet", "musiclog.conversion.tables:Parquet", GROUP),
    EntryPoint("tensorboard", "musiclog.conversion.event_files:TensorBoard", GROUP),
)


@runtime_checkable
class Exporter(Protocol):
    """One format."""

    name: str

    def write(self, data: RunData, folder: Path) -> Iterator[str]:
        """Write everything about the run that the format can hold into folder, which is there and empty.

        Yields the name of what is being written, for whoever waits. Raises OSError, MusiclogError.
        """
        ...


def names() -> list[str]:
    """Of all exporters there are."""
    return sorted(point.name for point in (*BUILT_IN, *entry_points(group=GROUP)))


def exporter(name: str) -> Exporter:
    """Raises MusiclogError where there is none of this name, or the package that brings it fails."""
    points = {point.name: point for point in (*BUILT_IN, *entry_points(group=GROUP))}
    if name not in points:
        raise MusiclogError(f"nothing writes {name!r}; there are {', '.join(sorted(points))}")
    try:
        made = _made(points[name].load())
    except MusiclogError:
        raise
    except Exception as error:
        raise MusiclogError(f"the exporter {name} ({points[name].value}) cannot be used: {error}") from error
    return made


def _made(found: Callable[[], object] | object) -> Exporter:
    made = found() if isinstance(found, type) else found
    if not isinstance(made, Exporter):
        raise TypeError("it has no name and write()")
    return made
