"""Which formats can be read: the built-in readers, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

from .records import News, RunRef

GROUP = "musiclog.readers"

# In this order they are asked: what says most of itself first.
BUILT_IN = tuple(
    EntryPoint(name, f"musiclog.readers.{name}:reader", GROUP)
    for name in ("own", "aurl", "wandb", "tensorboard", "trackio", "mlflow", "mlflow_sqlite", "lightning_csv",
                 "huggingface", "dvclive", "sacred", "aim", "training_log", "json_lines", "csv_table")
)  # fmt: skip


class Cursor(Protocol):
    """Follows one run. poll() brings what came since the last one, about limit_bytes of it at most."""

    def poll(self, limit_bytes: int = 4_000_000) -> News: ...
    def close(self) -> None: ...
    def files(self) -> Sequence[str]:
        """Absolute paths of what is watched."""
        ...

    def fraction(self) -> float:
        """How much of the files has been read, 1.0 when all is."""
        ...


@runtime_checkable
class Reader(Protocol):
    """One format. claims() is cheap, reads at most a few kilobytes, and never raises on odd files."""

    name: str

    def claims(self, path: Path) -> bool: ...
    def open(self, path: Path) -> Cursor: ...


@runtime_checkable
class Shelf(Protocol):
    """A reader of files that hold several runs each, such as databases. A run of one is named <file>/<its id>."""

    def runs(self, path: Path) -> Sequence[RunRef] | None:
        """The runs in the file at path; None where that cannot be said now, and where path is one of its runs."""
        ...


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers that work, and a sentence for each that does not."""

    readers: tuple[Reader, ...]
    notices: tuple[str, ...]

    def of(self, path: Path) -> Reader | None:
        """The first reader that claims path."""
        return next((reader for reader in self.readers if reader.claims(path)), None)

    def refs(self, path: Path, name: str) -> Sequence[RunRef] | None:
        """The run at path, called name until it says its own, or the runs in the file there; empty where there is none.

        None where a file that holds several cannot be read just now.
        """
        reader = self.of(path)
        if reader is None:
            return ()
        if isinstance(reader, Shelf) and path.is_file():
            return reader.runs(path)
        return (RunRef(str(path), reader.name, name),)

    def named(self, name: str) -> Reader | None:
        return next((reader for reader in self.readers if reader.name == name), None)


@cache
def readers() -> Readers:
    """Built-in readers first, then those of other packages, loaded once."""
    return load((*BUILT_IN, *entry_points(group=GROUP)))


def load(points: Sequence[EntryPoint]) -> Readers:
    """Load every entry point; one that fails becomes a notice."""
    loaded: list[Reader] = []
    notices: list[str] = []
    for point in points:
        try:
            found = point.load()
            reader = found() if isinstance(found, type) else found
            if not isinstance(reader, Reader):
                raise TypeError("it has no name, claims() and open()")
        except Exception as error:  # noqa: BLE001 - a foreign package may raise anything; the others must load
            notices.append(f"The reader {point.name} ({point.value}) cannot be used: {error}")
            continue
        loaded.append(reader)
    return Readers(tuple(loaded), tuple(notices))
