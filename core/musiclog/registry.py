"""Which formats can be read: the built-in readers, and those that other packages bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

from .records import News

GROUP = "musiclog.readers"

# In this order they are asked: what says most of itself first.
BUILT_IN = tuple(
    EntryPoint(name, f"musiclog.readers.{name}:reader", GROUP)
    for name in ("own", "aurl", "wandb", "tensorboard", "training_log", "json_lines", "csv_table")
)


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


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers that work, and a sentence for each that does not."""

    readers: tuple[Reader, ...]
    notices: tuple[str, ...]

    def of(self, path: Path) -> Reader | None:
        """The first reader that claims path."""
        return next((reader for reader in self.readers if reader.claims(path)), None)

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
