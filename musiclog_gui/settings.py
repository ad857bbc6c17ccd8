"""What the window remembers from one day to the next, as a small JSON file of the user's."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

RECENT_FOLDERS = 12
RECENT_CORPORA = 8


@dataclass(slots=True)
class Settings:
    """Preferences of the user. Every field has a default, so a missing or damaged file costs nothing but them."""

    path: Path
    theme: str = "system"
    recent_folders: list[str] = field(default_factory=list)  # newest first
    smoothing: float = 0.6
    smoothing_kind: str = "exponential"
    clip_outliers: bool = False
    axis: str = "step"
    log_y: bool = False
    log_x: bool = False
    show_marks: bool = True
    unmarked: list[str] = field(default_factory=lambda: ["epoch"])  # kinds of marks that are left out
    group_middle: str = "mean"
    group_spread: str = "range"
    link_zoom: bool = False
    geometry: str = ""  # of the window, as Qt packs it, in base64
    charts: dict[str, Any] = field(default_factory=dict)  # how they are arranged, and arrangements by name
    layout: str = ""  # of its docks and bars, likewise
    volume: float = 0.8
    corpus: str = ""  # what samples are measured by: a folder, human music, or each run's own (none)
    corpora: list[str] = field(default_factory=list)  # folders that were chosen, newest first
    soundfont: str = ""  # chosen by the user; none: the best that is found
    sample_groups: str = ""  # how the table of samples is grouped
    page: int = 0
    sensitivity: str = "normal"  # of the watch over runs that do not watch themselves
    notices: bool = True  # on the desktop, for critical alerts

    @classmethod
    def load(cls, path: Path | None = None) -> Settings:
        """The settings kept at path (the user's own file without one); fields of a wrong type are left out."""
        path = path or user_config_path("musiclog", appauthor=False) / "window.json"
        result = cls(path)
        for name, value in _read(path).items():
            if name in _KEPT and type(value) is type(getattr(result, name)):
                setattr(result, name, value)
        return result

    def save(self) -> str | None:
        """Write the file whole; returns the reason when it cannot be written, which is no reason to stop."""
        beside = self.path.with_suffix(".new")
        kept = {name: value for name, value in asdict(self).items() if name in _KEPT}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            beside.replace(self.path)
        except OSError as error:
            return f"Settings are not kept: {error}"
        return None

    def remember_folder(self, folder: str) -> None:
        others = [known for known in self.recent_folders if known != folder]
        self.recent_folders = [folder, *others][:RECENT_FOLDERS]

    def keep_corpus(self, chosen: str) -> None:
        """chosen: as Corpora.choose takes it."""
        self.corpus = chosen
        if Path(chosen).is_absolute():
            self.corpora = [chosen, *(known for known in self.corpora if known != chosen)][:RECENT_CORPORA]


_KEPT = frozenset(field.name for field in fields(Settings)) - {"path"}


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
