"""What the follower tells the window: one frozen value a fact, made to cross a process border."""

from __future__ import annotations

from dataclasses import dataclass

from .glance import Glance
from .records import News, RunRef


@dataclass(frozen=True, slots=True)
class Found:
    """A run was found under a watched folder. run_id is its absolute path.

    glance: what was seen of it at an earlier time, where none of its files changed; its first update brings what is.
    """

    run_id: str
    folder: str
    ref: RunRef
    glance: Glance | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Runs that were found in one turn: a thousand messages would take longer than finding them."""

    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """A look at a run brought this. fraction: how much of its files has been read, 1.0 when all is."""

    run_id: str
    news: News
    fraction: float = 1.0


@dataclass(frozen=True, slots=True)
class Lost:
    """A run is no longer followed: its files are gone, or its folder is no longer watched."""

    run_id: str


@dataclass(frozen=True, slots=True)
class FolderTrouble:
    """A watched folder cannot be read; it is tried again. An empty text means that it works again."""

    folder: str
    text: str


Message = Found | Listed | Update | Lost | FolderTrouble
