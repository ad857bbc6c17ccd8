"""Pieces of a blind test on disk: kept beside the answers, and lent to the player under names that tell nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from musiclog.errors import MidiError
from musiclog.listening import Piece, Trial
from musiclog.midi_events import read_file

from .cache import digest, write_whole


class BlindPieces:
    """Copies, so that a test can go on when the training has long thrown its samples away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stage: tempfile.TemporaryDirectory[str] | None = None

    def keep(self, files: Iterable[tuple[str, str | None]]) -> list[Piece]:
        """Pieces of (path, prompt); files that cannot be read are left out, the same music is taken once."""
        kept: dict[str, Piece] = {}
        for path, prompt in files:
            try:
                data = read_file(path)
            except MidiError:
                continue  # the sample table says why
            name = digest(data)
            kept.setdefault(name, Piece(name, path, prompt))
            copy = self._copy(name)
            if not copy.exists():
                write_whole(copy, data)
        return list(kept.values())

    def path(self, piece: Piece) -> str:
        """Where it can be read: the copy, or the sample itself where that could not be kept."""
        copy = self._copy(piece.id)
        return str(copy) if copy.exists() else piece.path

    def lend(self, trial: Trial) -> tuple[str, str]:
        """Paths under which the player hears the two of a trial: nothing in the window can tell what is not known."""
        if self._stage is None:
            self._stage = tempfile.TemporaryDirectory(prefix="musiclog-blind-", ignore_cleanup_errors=True)
        place = Path(tempfile.mkdtemp(dir=self._stage.name))
        for name, piece in (("First.mid", trial.first), ("Second.mid", trial.second)):
            try:
                shutil.copyfile(self.path(piece), place / name)
            except OSError:
                continue  # the player says that it cannot be read
        return str(place / "First.mid"), str(place / "Second.mid")

    def close(self) -> None:
        if self._stage is not None:
            self._stage.cleanup()
            self._stage = None

    def _copy(self, name: str) -> Path:
        return self._folder / "pieces" / f"{name}.mid"
