"""Stars, tags and comments that the user gave to samples, kept in the user's own data folder by the sample's content.

A sample is known by a digest of its bytes: it keeps its marks when it is moved, copied or logged by another run. The
file is JSON lines: every change is appended as one whole line, the last one about a sample counts, so that two windows
never undo each other's marks and a crash costs at most the line that was being written.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from platformdirs import user_data_path

from .own_lines import append_line

MOST_STARS: Final = 5


@dataclass(frozen=True, slots=True)
class SampleMarks:
    """stars: 0 (none given) to 5. commented: Unix seconds of the last change to the comment. name: as seen last."""

    stars: int = 0
    tags: tuple[str, ...] = ()
    comment: str = ""
    commented: float | None = None
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.stars or self.tags or self.comment)


NONE: Final = SampleMarks()


@dataclass(frozen=True, slots=True)
class Pick:
    """A sample worth hearing: its file, what it is called, where it comes from, and what the user said of it."""

    path: str
    name: str
    origin: str = ""  # run, epoch, step in words
    quality: float | None = None
    marks: SampleMarks = NONE


class SampleBook:
    """Marks by digest. Without a path they last as long as the program."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._marks: dict[str, SampleMarks] = {}
        self._read = 0  # bytes that were taken over
        self.unreadable = 0  # lines passed over
        self.trouble: str | None = None
        self.refresh()

    @classmethod
    def of_user(cls) -> SampleBook:
        """Those that every window of this user shares."""
        return cls(user_data_path("musiclog", appauthor=False) / "samples.jsonl")

    def marks(self, digest: str) -> SampleMarks:
        return self._marks.get(digest, NONE)

    def marked(self) -> Mapping[str, SampleMarks]:
        """Everything that has a star, a tag or a comment."""
        return {digest: marks for digest, marks in self._marks.items() if marks}

    def tags(self) -> list[str]:
        return sorted({tag for marks in self._marks.values() for tag in marks.tags}, key=str.casefold)

    def change(self, digest: str, *, now: float | None = None, **changes: Any) -> SampleMarks:
        """Note stars=, tags=, comment= or name= of a sample; it is on disk when this returns, else trouble says why."""
        before = self.marks(digest)
        fields = dict(changes)
        if "stars" in fields:
            fields["stars"] = min(max(int(fields["stars"]), 0), MOST_STARS)
        if "tags" in fields:
            fields["tags"] = _tidied(fields["tags"])
        if fields.get("comment", before.comment) != before.comment:
            fields["commented"] = time.time() if now is None else now
        after = replace(before, **fields)
        if after != before:
            self._marks[digest] = after
            self._append({"sample": digest} | asdict(after))
        return after

    def refresh(self) -> bool:
        """Take over what another window noted; tells whether anything is different now."""
        if self._path is None:
            return False
        try:
            with self._path.open("rb") as file:
                if self._read > file.seek(0, os.SEEK_END):  # replaced by a shorter one: it begins anew
                    self._read, self._marks = 0, {}
                file.seek(self._read)
                fresh = file.read()
        except FileNotFoundError:
            return False
        except OSError as error:
            self.trouble = f"{self._path} cannot be read ({error.strerror}); ratings last until the window closes"
            return False
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        before = dict(self._marks)
        for line in filter(None, whole.split(b"\n")):
            self._take(line)
        return self._marks != before

    def _take(self, line: bytes) -> None:
        try:
            fields = json.loads(line)
            self._marks[str(fields["sample"])] = SampleMarks(
                min(max(int(fields["stars"]), 0), MOST_STARS), _tidied(fields["tags"]), str(fields["comment"]),
                None if fields["commented"] is None else float(fields["commented"]), str(fields["name"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError):
            self.unreadable += 1

    def _append(self, record: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        try:
            append_line(self._path, record)
        except OSError as error:
            self.trouble = f"{self._path} cannot be written ({error.strerror}); ratings last until the window closes"
        else:
            self.trouble = None


def stars(marks: SampleMarks) -> str:
    """Five signs, filled as far as they were given."""
    return "★" * marks.stars + "☆" * (MOST_STARS - marks.stars)


def _tidied(tags: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for each in tags if (tag := str(each).strip())))
