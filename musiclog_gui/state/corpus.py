"""A corpus that samples are measured against, and how a run stands to it over its epochs. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from musiclog.quality import SetComparison
    from musiclog.quality.usual import Usual


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder of music that was measured. kept: the file with its measures, named by the content of the folder."""

    folder: str
    kept: str
    version: str  # as score cards name it
    pieces: int
    unreadable: tuple[str, ...] = ()  # files that were left out, each with its reason


@dataclass(frozen=True, slots=True)
class Scored:
    """What of a sample's score card says something about its run."""

    at: float  # epoch
    overall: float
    bars: int
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class Point:
    """The samples of one epoch: the mean of their qualities, with its 95% interval where there are several."""

    at: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Course:
    """How quality went over the epochs of a run; the samples of one of them as a set beside the corpus."""

    run_id: str
    at: float
    points: tuple[Point, ...]
    trend: str  # a sentence
    sign: Literal["rising", "falling", "unknown"]
    usual: Usual  # of the corpus, or of human music
    as_set: SetComparison | None  # None without a corpus
