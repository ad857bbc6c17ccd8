"""Find the SoundFonts of this machine, best first, so that the first click makes sound."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SUFFIXES = {".sf2", ".sf3"}
VARIABLE = "MUSICLOG_SOUNDFONT"

# Complete General MIDI banks under free licences, best sounding first; what is not listed comes after them by size.
KNOWN = ("musescore_general", "fluidr3", "generaluser", "sgm", "arachno", "default-gm", "default", "timgm6mb")

# Where packages of the systems put them: Debian and Ubuntu; Fedora, Arch and SUSE; FreeBSD; Homebrew; MuseScore.
UNIX_FOLDERS = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/share/SoundFonts",
    "/usr/local/share/soundfonts",
    "/usr/local/share/sounds/sf2",
)
MAC_FOLDERS = (
    "~/Library/Audio/Sounds/Banks",
    "/Library/Audio/Sounds/Banks",
    "/opt/homebrew/share/soundfonts",
    "/opt/homebrew/share/fluid-synth/sf2",
    "/usr/local/share/fluid-synth/sf2",
)


@dataclass(frozen=True, slots=True)
class SoundFont:
    """A SoundFont file and why it stands where it stands in the list."""

    path: Path
    reason: str
    size_bytes: int


def find(chosen: str | os.PathLike[str] | None = None) -> Path | None:
    """The SoundFont to use, or None when this machine has none."""
    found = candidates(chosen)
    return found[0].path if found else None


def candidates(chosen: str | os.PathLike[str] | None = None) -> list[SoundFont]:
    """Every SoundFont found, best first: the user's choice, the environment's, installed ones, the bundled one.

    A choice that is no SoundFont file is passed over, because silence would help nobody.
    """
    named = [(Path(chosen).expanduser(), "chosen by the user")] if chosen else []
    if os.environ.get(VARIABLE):
        named.append((Path(os.environ[VARIABLE]).expanduser(), f"named by {VARIABLE}"))
    bundled = bundled_soundfont()
    last = [(bundled, "comes with the package pretty_midi")] if bundled else []
    result: dict[Path, SoundFont] = {}
    for path, reason in [*named, *_installed(), *last]:
        if is_soundfont(path):
            result.setdefault(path.resolve(), SoundFont(path, reason, path.stat().st_size))
    return list(result.values())


def is_soundfont(path: Path) -> bool:
    """Whether the file begins as a SoundFont does: a RIFF file of the form sfbk."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    return head[:4] == b"RIFF" and head[8:12] == b"sfbk"


def bundled_soundfont() -> Path | None:
    """TimGM6mb.sf2 of the installed package pretty_midi, found without importing it (it takes 0.3 s)."""
    spec = find_spec("pretty_midi")
    folders = spec.submodule_search_locations if spec else None
    paths = [Path(folder) / "TimGM6mb.sf2" for folder in folders or ()]
    return next((path for path in paths if path.is_file()), None)


def folders() -> list[Path]:
    """Where SoundFonts are looked for on this system, in this order."""
    return list(dict.fromkeys(_user_folders() + _system_folders()))


def _user_folders() -> list[Path]:
    data_home = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser()
    return [data_home / "soundfonts", data_home / "sounds" / "sf2", Path("~/.soundfonts").expanduser()]


def _system_folders() -> list[Path]:
    if sys.platform == "win32":
        roots = [os.environ.get(name) for name in ("PROGRAMDATA", "PROGRAMFILES", "LOCALAPPDATA", "USERPROFILE")]
        return [Path(root) / "soundfonts" for root in roots if root]
    data_dirs = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    shared = [Path(base) / leaf for base in data_dirs.split(":") if base for leaf in ("soundfonts", "sounds/sf2")]
    named = (*MAC_FOLDERS, *UNIX_FOLDERS) if sys.platform == "darwin" else UNIX_FOLDERS
    return shared + [Path(folder).expanduser() for folder in named]


def _installed() -> Iterator[tuple[Path, str]]:
    found = {path: folder for folder in folders() for path in _soundfonts_in(folder)}
    for path in sorted(found, key=_rank):
        yield path, f"found in {found[path]}"


def _soundfonts_in(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    except OSError:  # most of these folders do not exist on any one system
        return []


def _rank(path: Path) -> tuple[int, int, str]:
    name = path.stem.lower().replace(" ", "_")
    known = next((place for place, start in enumerate(KNOWN) if name.startswith(start)), len(KNOWN))
    return known, -_size(path), str(path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # a dangling link
        return 0
