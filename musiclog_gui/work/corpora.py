"""Which corpus samples are measured against, and having it measured in a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ..state.corpus import Corpus
from .cache import cache_folder
from .pool import Executor, Task
from .scoring import measure_corpus

EACH_ITS_OWN = ""  # every run against the corpus that it was given, and where it was given none against human music
HUMAN = "human music"  # all against human music of several styles


@dataclass(frozen=True, slots=True)
class Measuring:
    """A corpus that is being measured. total: files, 0 before they were counted."""

    folder: str
    done: int = 0
    total: int = 0


class Corpora(QObject):
    """One choice for the whole window: EACH_ITS_OWN, HUMAN, or a folder of MIDI files."""

    changed = Signal()  # of() may answer something else now
    told = Signal()  # news of what is being measured: `under_way` or `troubles`

    def __init__(
        self, executor: Executor, folder: Path | None = None, chosen: str = EACH_ITS_OWN, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._executor, self._folder = executor, folder or cache_folder()
        self._known: dict[str, Corpus] = {}
        self._tasks: dict[str, Task] = {}
        self.chosen = chosen
        self.under_way: dict[str, Measuring] = {}
        self.troubles: dict[str, str] = {}  # folder -> why it is no measure

    def choose(self, chosen: str) -> None:
        """Measure by this from now on; a folder is measured as it is today, also when it was before."""
        self.cancel(self.chosen)
        self._known.pop(chosen, None)
        self.troubles.pop(chosen, None)
        self.chosen = chosen
        self.changed.emit()
        self.told.emit()

    def folder_for(self, own: str | None) -> str | None:
        """The corpus for a run that was given `own`; None for human music."""
        if self.chosen == HUMAN:
            return None
        return self.chosen or own

    def of(self, own: str | None) -> Corpus | None:
        """The measure for a run that was given the corpus `own`; None for human music, also while it is measured.

        The first to ask has it measured; `changed` tells when that is done.
        """
        folder = self.folder_for(own)
        if folder is None or folder in self.troubles or folder in self.under_way:
            return None
        if folder not in self._known:
            self._measure(folder)
        return self._known.get(folder)

    def cancel(self, folder: str) -> None:
        """Measure it no longer; until it is chosen again, human music is the measure."""
        task = self._tasks.pop(folder, None)
        if task is None:
            return
        task.cancel()
        del self.under_way[folder]
        self.troubles[folder] = "measuring it was cancelled"
        self.told.emit()

    def _measure(self, folder: str) -> None:
        if not Path(folder).is_dir():
            self._fail(folder, "there is no such folder on this machine")
            return
        self.under_way[folder] = Measuring(folder)
        self.told.emit()
        told = {"done": self._take, "failed": partial(self._fail, folder), "progress": partial(self._advance, folder)}
        task = self._executor.submit(measure_corpus, folder, self._folder, **told)
        if not task.finished:
            self._tasks[folder] = task

    def _advance(self, folder: str, how_far: tuple[int, int]) -> None:
        self.under_way[folder] = Measuring(folder, *how_far)
        self.told.emit()

    def _take(self, corpus: Corpus) -> None:
        self._tasks.pop(corpus.folder, None)
        self.under_way.pop(corpus.folder, None)
        self._known[corpus.folder] = corpus
        self.changed.emit()
        self.told.emit()

    def _fail(self, folder: str, reason: str) -> None:
        self._tasks.pop(folder, None)
        self.under_way.pop(folder, None)
        self.troubles[folder] = reason
        self.told.emit()
