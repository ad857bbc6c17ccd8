"""What is known of a sample once it was read. No Qt here, because worker processes make it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # 0.2 s that the window's start need not pay for a name
    from musiclog.quality import Copying, ScoreCard


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of a sample: its figures, or the reason why there are none."""

    path: str
    length_s: float | None = None
    note_count: int | None = None
    card: ScoreCard | None = None
    reason: str | None = None  # why the file is broken
    digest: str | None = None  # of the file's bytes: by it the user's marks are kept
    copying: Copying | None = None  # what it has in common with the corpus note for note; None without a corpus
