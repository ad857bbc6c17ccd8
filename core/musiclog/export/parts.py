"""What a report is made of, whatever it is written as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .sound import Sound


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    claim: bool = False  # that something differs

    def parted(self) -> tuple[str, str]:
        """What is said, and the figures behind it: what follows the first colon or bracket."""
        ends = [place for mark, skip in ((": ", 1), (" (", 0)) if (place := self.text.find(mark) + skip) > skip]
        end = min(ends, default=len(self.text))
        return self.text[:end], self.text[end:]


@dataclass(frozen=True, slots=True)
class Sentences:
    """Numbered, most important first."""

    listed: Sequence[Sentence]


@dataclass(frozen=True, slots=True)
class Lines:
    """Plain paragraphs."""

    listed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Pairs:
    """What something is and what it came to."""

    listed: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """What follows a line break in a cell of the header is said more quietly."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """svg: made by chart() and its like, which escape what they are given. name: of its file, where it becomes one."""

    svg: str
    caption: str = ""
    name: str = "figure"


@dataclass(frozen=True, slots=True)
class Figures:
    """Beside each other where there is room."""

    listed: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Sounds:
    listed: Sequence[Sound]


Part = Sentences | Lines | Pairs | Table | Figure | Figures | Sounds


@dataclass(frozen=True, slots=True)
class Section:
    """Left out where its parts hold nothing."""

    title: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    about: str
    sections: Sequence[Section]
    made_by: str
