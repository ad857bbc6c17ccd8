"""What the user noted about runs (stars, tags, notes, archive, colours), kept in the user's own data folder.

Nothing is ever written into a run's folder. The file is JSON, written whole under another name and renamed, and read
again when another window changed it meanwhile, so that two windows do not undo each other's marks. A file that cannot
be understood is kept aside under another name, never written over, and told by trouble.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from platformdirs import user_data_path

VERSION: Final = 1
Scope = Literal["run", "group", "key"]
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class RunName:
    """How a run is known: by the id that it gave itself, by its path where it has none (or not yet)."""

    path: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What the user noted about one run. path: where it was seen last."""

    starred: bool = False
    archived: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    colour: str | None = None
    path: str = ""

    def __bool__(self) -> bool:
        return replace(self, path="") != Marks()


@dataclass(slots=True)
class _Content:
    """The file as it is kept. colours: scope "group" and "key" -> its label -> "#rrggbb"."""

    runs: dict[str, Marks] = field(default_factory=dict)  # "id:..." or "path:..."
    colours: dict[str, dict[str, str]] = field(default_factory=dict)


class UserData:
    """Marks of runs, and colours of groups and of values of a key. Without a path they last as long as the program."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._content = _Content()
        self._seen: tuple[int, int] | None = None  # modification time (ns) and size of the file as we know it
        self._writable = True
        self.trouble: str | None = None  # why marks were not read or cannot be kept, in words
        self.refresh()

    @classmethod
    def of_user(cls) -> UserData:
        """Those that every window of this user shares."""
        return cls(user_data_path("musiclog", appauthor=False) / "runs.json")

    # -- reading --------------------------------------------------------------------------------

    def marks(self, run: RunName) -> Marks:
        """What is noted: under the run's id, else under its path where that had no id then."""
        runs = self._content.runs
        found = runs.get(f"id:{run.id}") if run.id else None
        return found or runs.get(f"path:{run.path}") or Marks()

    def colour(self, run: RunName, group: str = "", keys: Mapping[str, Any] | None = None) -> str | None:
        """The colour that was chosen: for the run itself, else for its group, else for one of its values of a key.

        group: the label of the run's group. keys: its configuration; the first key with a chosen colour decides.
        """
        own = self.marks(run).colour
        if own is not None:
            return own
        if group and group in self._content.colours.get("group", {}):
            return self._content.colours["group"][group]
        chosen = self._content.colours.get("key", {})
        labels = (key_label(key, value) for key, value in (keys or {}).items())
        return next((chosen[label] for label in labels if label in chosen), None) if chosen else None

    def chosen(self, scope: Scope) -> Mapping[str, str]:
        """Label to colour of all groups or values of keys that were given one."""
        return dict(self._content.colours.get(scope, {}))

    def tags(self) -> list[str]:
        """Every tag that the user ever gave and did not take away again."""
        return sorted({tag for marks in self._content.runs.values() for tag in marks.tags}, key=str.casefold)

    def refresh(self) -> bool:
        """Read the file again if another window changed it; tells whether anything is different now."""
        if self._path is None or not self._writable:
            return False
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return False
        before = self._content
        self._seen = stamp
        self._content = self._read(self._path) if stamp else _Content()
        return self._content != before

    # -- writing --------------------------------------------------------------------------------

    def change(self, *runs: RunName, **changes: Any) -> None:
        """Note the same about some runs: starred=, archived=, tags=, note=, colour= (None takes their own away)."""
        self.change_each(dict.fromkeys(runs, changes))

    def change_each(self, changes: Mapping[RunName, Mapping[str, Any]]) -> None:
        """Likewise, something else about each; written once."""
        tidied = {run: _tidied(fields) for run, fields in changes.items()}

        def note(content: _Content) -> None:
            for run, fields in tidied.items():
                marks = replace(self.marks(run), **fields, path=run.path)
                content.runs.pop(f"path:{run.path}", None)
                content.runs.pop(f"id:{run.id}", None)
                if marks:
                    content.runs[f"id:{run.id}" if run.id else f"path:{run.path}"] = marks

        self._apply(note)

    def set_colour(self, scope: Literal["group", "key"], label: str, colour: str | None) -> None:
        """Give a group, or a value of a key (see key_label), a colour; None takes it away."""
        fresh = None if colour is None else _colour(colour)

        def note(content: _Content) -> None:
            labels = content.colours.setdefault(scope, {})
            if fresh is None:
                labels.pop(label, None)
            else:
                labels[label] = fresh

        self._apply(note)

    def _apply(self, note: Callable[[_Content], None]) -> None:
        self.refresh()
        note(self._content)
        if self._path is None or not self._writable:
            return
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(_written(self._content).encode("utf-8", "surrogatepass"))
                file.flush()
                os.fsync(file.fileno())  # else a power cut may leave the new name with nothing in it
            beside.replace(self._path)
            self._seen = _stamp(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            self.trouble = f"{self._path} cannot be written ({error.strerror}); marks last until the window closes"
        else:
            self.trouble = None

    # -- the file -------------------------------------------------------------------------------

    def _read(self, path: Path) -> _Content:
        try:
            return _parsed(path.read_bytes().decode("utf-8", "surrogatepass"))
        except OSError as error:
            self._writable = False  # what is in there may be whole: better no marks today than none at all
            self.trouble = f"{path} cannot be read ({error.strerror}); marks last until the window closes"
        except _NewerVersion as error:
            self._writable = False
            self.trouble = f"{path} was written by a newer version ({error}); marks last until the window closes"
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            self._keep_aside(path, error)
        return self._content

    def _keep_aside(self, path: Path, error: Exception) -> None:
        aside = path.with_name(f"{path.stem}.broken-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}{path.suffix}")
        try:
            path.replace(aside)
        except OSError as refused:
            self._writable = False
            self.trouble = f"{path} is broken ({error}) and cannot be moved ({refused.strerror}); it stays as it is"
            return
        self._seen = None
        self.trouble = f"Marks of runs could not be read ({error}). The file is kept as {aside}; a new one is begun"


class _NewerVersion(Exception):
    """The file says more than we know to keep."""


def key_label(key: str, value: Any) -> str:
    """How a value of a configuration key is called when it has a colour: "optimizer = adam"."""
    return f"{key} = {value}"


def _parsed(text: str) -> _Content:
    kept = json.loads(text)
    if kept["version"] > VERSION:
        raise _NewerVersion(f"{kept['version']} > {VERSION}")
    runs = {str(name): _marks(fields) for name, fields in kept["runs"].items()}
    colours = {
        str(scope): {str(label): _colour(colour) for label, colour in labels.items()}
        for scope, labels in kept.get("colours", {}).items()
    }
    return _Content(runs, colours)


def _marks(fields: Mapping[str, Any]) -> Marks:
    colour = fields.get("colour")
    return Marks(
        starred=bool(fields.get("starred", False)),
        archived=bool(fields.get("archived", False)),
        tags=tuple(str(tag) for tag in fields.get("tags", ())),
        note=str(fields.get("note", "")),
        colour=None if colour is None else _colour(colour),
        path=str(fields.get("path", "")),
    )


def _tidied(changes: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(changes)
    if fields.get("colour") is not None:
        fields["colour"] = _colour(fields["colour"])
    if "tags" in fields:
        fields["tags"] = tuple(dict.fromkeys(tag for each in fields["tags"] if (tag := str(each).strip())))
    return fields


def _written(content: _Content) -> str:
    """Only what differs from nothing, so that a person can read it."""
    runs = {
        name: {key: value for key, value in asdict(marks).items() if value not in (False, None, "", (), [])}
        for name, marks in content.runs.items()
    }
    colours = {scope: labels for scope, labels in content.colours.items() if labels}
    return json.dumps({"version": VERSION, "runs": runs, "colours": colours}, ensure_ascii=False, indent=1) + "\n"


def _colour(text: str) -> str:
    colour = str(text).casefold()
    if not _COLOUR.fullmatch(colour):
        raise ValueError(f"a colour is written like #1f77b4, not {text!r}")
    return colour


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # told when it is read
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size
