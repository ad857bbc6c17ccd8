"""What the Samples menu does with the chosen sample: rate it, note something, take the best ones along."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from musiclog.sample_marks import MOST_STARS, Pick

from ..dialogs.sample_note import SampleNote
from ..state.samples import Key, SampleRow, SampleTableModel
from ..state.selection import Selection
from ..state.wording import one_line, step_text
from ..work.best_of_export import export_best
from ..work.pool import Executor
from .main_window import MainWindow
from .sample_table import SampleTable

# What is worth showing to others when the user says nothing else.
LEAST_STARS = 4


class SampleOrders(QObject):
    """Adds its lines to the window's menu."""

    told = Signal(str)  # what was done or why not, for the status line

    def __init__(  # noqa: PLR0917  the collaborators that app.py hands in
        self, window: MainWindow, table: SampleTable, model: SampleTableModel, selection: Selection, pool: Executor,
        soundfont: str = "",
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._model, self._selection, self._pool = window, model, selection, pool
        self._soundfont = soundfont
        self._dialog: QFileDialog | None = None
        table.rated.connect(self._rate)
        menu = window.samples_menu
        rating = menu.addMenu("&Rate")
        for stars in range(MOST_STARS + 1):
            words = "★" * stars if stars else "&No star"
            window.add_action(rating, words, f"Alt+{stars}", partial(self._rate_chosen, stars))
        window.add_action(menu, "Ta&gs and comment…", "Ctrl+T", self.note)
        window.add_action(menu, "E&xport the best…", "", self.ask_for_folder)

    # -- orders ---------------------------------------------------------------------------------

    @Slot()
    def note(self) -> None:
        key = self._selection.sample
        row = self._model.sample(key)
        if row is None or row.assessment is None or row.assessment.digest is None:
            self.told.emit("Choose a sample first that can be read")
            return
        dialog = SampleNote(row.file.name, self._model.marks(row), self._model.known_tags(), self._window)
        dialog.written.connect(partial(self._write, key))
        dialog.show()

    @Slot()
    def ask_for_folder(self) -> None:
        if not self.best():
            self.told.emit(f"No sample has {LEAST_STARS} stars yet: rate some first")
            return
        self._dialog = QFileDialog(self._window, "Export the best: a new folder", "best-of")
        self._dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        self._dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self._dialog.setModal(False)
        self._dialog.fileSelected.connect(self.export)
        self._dialog.show()

    @Slot(str)
    def export(self, folder: str) -> None:
        """MIDI, sound, a text and a web page, made in another process."""
        picks = [_pick(row, self._model) for row in self.best()]
        self.told.emit(f"Writing {len(picks)} samples to {folder}…")
        self._pool.submit(
            export_best, folder, picks, self._soundfont or None, done=self._exported, failed=self._not_exported,
            progress=partial(self._progress, len(picks)),
        )  # fmt: skip

    def best(self) -> list[SampleRow]:
        """Those with at least four stars, the best first; the same music once."""
        rows = [row for row in self._model.rows() if self._model.marks(row).stars >= LEAST_STARS]
        rows.sort(key=lambda row: -self._model.marks(row).stars)
        return list({row.assessment.digest: row for row in reversed(rows) if row.assessment}.values())[::-1]

    # -- inside ---------------------------------------------------------------------------------

    def _rate_chosen(self, stars: int) -> None:
        if self._selection.sample is not None:
            self._rate(self._selection.sample, stars)

    @Slot(object, int)
    def _rate(self, key: Key, stars: int) -> None:
        self._write(key, {"stars": stars})

    def _write(self, key: Key, changes: dict[str, object]) -> None:
        if not self._model.mark(key, **changes):
            self.told.emit("Only samples that can be read are rated")
        elif self._model.marks_trouble():
            self.told.emit(self._model.marks_trouble() or "")

    def _progress(self, whole: int, done: int) -> None:
        self.told.emit(f"Exported {done} of {whole} samples")

    def _exported(self, page: str) -> None:
        self.told.emit(f"Written: {page}")

    def _not_exported(self, reason: str) -> None:
        self.told.emit(f"The best could not be exported: {reason}")


def _pick(row: SampleRow, model: SampleTableModel) -> Pick:
    parts = (
        one_line(row.run_name), "" if row.file.epoch is None else f"epoch {step_text(row.file.epoch)}",
        "" if row.file.step is None else f"step {step_text(row.file.step)}",
    )  # fmt: skip
    origin = " · ".join(part for part in parts if part)
    return Pick(row.file.path, row.file.name, origin, row.overall, model.marks(row))
