"""The window of blind tests: choose what competes, listen without names, read what it proves."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from musiclog.listening import AnswerBook, BlindTest, BookError, Contender
from musiclog.listening.answers import books

from ..state.assessment import Assessment
from ..state.contenders import MOST_PIECES, WAYS, contenders, spread, usual
from ..state.samples import SampleTableModel
from ..work.blind_listening import BlindListening, Hearing
from ..work.blind_pieces import BlindPieces
from ..work.player import Player
from ..work.score_desk import ScoreDesk
from ..work.synth_desk import SynthDesk
from .blind_result import BlindResult
from .blind_setup import BlindSetup
from .blind_trial import BlindTrial

SETUP, TRIAL, RESULT = range(3)
TITLE = "Blind test"


class BlindTestWindow(QWidget):
    """Beside the main window and not modal; while a test runs nothing in either tells a name of what is heard."""

    def __init__(  # noqa: PLR0917  the collaborators that app.py hands in
        self, samples: SampleTableModel, scores: ScoreDesk, desk: SynthDesk, player: Player, folder: Path,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(TITLE)
        self._samples, self._scores, self._folder = samples, scores, folder
        self.pieces = BlindPieces(folder)
        self.listening = BlindListening(player, desk, self.pieces, parent=self)
        self.setup, self.trial, self.result = BlindSetup(), BlindTrial(), BlindResult()
        self.pages = QStackedWidget()
        for page in (self.setup, self.trial, self.result):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)
        self.resize(980, 680)
        self._corpora: dict[str, list[tuple[str, str | None]]] = {}
        self._book: AnswerBook | None = None
        self._awaited: dict[str, str] = {}  # path that is being scored -> piece id
        self._dialog: QFileDialog | None = None
        self._connect()

    # -- orders ---------------------------------------------------------------------------------

    @Slot()
    def open(self) -> None:
        """Show it, with the samples that there are now; a running test goes on."""
        if self.pages.currentIndex() == SETUP:
            self._offer()
        self.show()
        self.activateWindow()

    # -- inside ---------------------------------------------------------------------------------

    def _connect(self) -> None:
        setup, trial, listening = self.setup, self.trial, self.listening
        setup.way_chosen.connect(self._offer_contenders)
        setup.corpus_wanted.connect(self._ask_for_corpus)
        setup.start_wanted.connect(self._start)
        setup.resume_wanted.connect(self._resume)
        setup.result_wanted.connect(self._show_result)
        trial.answered.connect(listening.answer)
        trial.hear_wanted.connect(listening.hear)
        trial.replay_wanted.connect(listening.replay)
        trial.back_wanted.connect(listening.take_back)
        trial.stop_wanted.connect(self._stop)
        listening.changed.connect(trial.show_hearing)
        listening.changed.connect(self._heard)
        self.result.back_wanted.connect(self._to_setup)
        self._scores.assessed.connect(self._assessed)

    def _offer(self) -> None:
        rows = self._samples.rows()
        ways = [way for way in WAYS if len(contenders(rows, way)) > 1] or ["epoch"]
        self.setup.show_ways(ways)
        earlier = list(books(self._folder))
        if not self.setup.listener.text() and earlier:
            self.setup.listener.setText(next(iter(earlier[0].listeners()), ""))
        self._offer_contenders(self.setup.way.currentData())
        self.setup.show_earlier(earlier)

    @Slot(str)
    def _offer_contenders(self, way: str) -> None:
        found = contenders(self._samples.rows(), way)
        counts = {name: len(rows) for name, rows in found.items()}
        counts |= {name: len(files) for name, files in self._corpora.items()}
        self.setup.show_contenders(counts, [*usual(found), *self._corpora])

    @Slot()
    def _ask_for_corpus(self) -> None:
        self._dialog = QFileDialog(self, "A folder with MIDI files of people")
        self._dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        self._dialog.setModal(False)
        self._dialog.fileSelected.connect(self.add_corpus)
        self._dialog.show()

    @Slot(str)
    def add_corpus(self, folder: str) -> None:
        """An anchor: pieces of people, which a good model should come near to."""
        found = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in {".mid", ".midi"})
        if not found:
            self.setup.say(f"There are no MIDI files in {folder}")
            return
        files = [(str(path), None) for path in spread(found, MOST_PIECES)]
        self._corpora[f"corpus {Path(folder).name}"] = files
        self._offer_contenders(self.setup.way.currentData())

    @Slot()
    def _start(self) -> None:
        found = contenders(self._samples.rows(), self.setup.way.currentData())
        chosen = []
        for name in self.setup.ticked():
            files = self._corpora.get(name) or [(row.file.path, row.file.prompt) for row in spread(found.get(name, []))]
            chosen.append(Contender(name, tuple(self.pieces.keep(files))))
        empty = [each.name for each in chosen if not each.pieces]
        if empty:
            self.setup.say(f"No file of {empty[0]} can be read any more.")
            return
        title = " against ".join(each.name for each in chosen) if len(chosen) < 4 else f"{len(chosen)} contenders"
        try:
            book = AnswerBook.create(
                self._folder,
                title,
                chosen,
                planned=self.setup.answers.value(),
                seed=secrets.token_hex(4),
                t=time.time(),
            )
        except (BookError, OSError) as error:
            self.setup.say(str(error))
            return
        self._run(book)

    @Slot(object)
    def _resume(self, book: AnswerBook) -> None:
        self._run(book)

    def _run(self, book: AnswerBook) -> None:
        self._book = book
        test = BlindTest(book, self.setup.listener.text().strip())
        self._score(book)
        self.pages.setCurrentIndex(TRIAL)
        self.trial.setFocus()
        self.listening.begin(test, float(self.setup.seconds.value()))

    def _score(self, book: AnswerBook) -> None:
        """Have every piece scored, so that the metrics can be compared with the ears."""
        for contender in book.contenders:
            for piece in contender.pieces:
                if piece.id in book.scores():
                    continue
                path = self.pieces.path(piece)
                self._awaited[path] = piece.id
                known = self._scores.assessment(path)
                if known is not None:
                    self._assessed(known)
                else:
                    self._scores.request(path)

    @Slot(object)
    def _assessed(self, assessment: Assessment) -> None:
        piece = self._awaited.pop(assessment.path, None)
        if piece is None or self._book is None or assessment.card is None:
            return
        card = assessment.card
        known = {name: metric.closeness for name, metric in card.metrics.items()} | {"overall": card.overall}
        try:
            self._book.add_scores(piece, {name: float(value) for name, value in known.items() if value is not None})
        except BookError as error:
            self.result.notice.setText(str(error))
        if self.pages.currentIndex() == RESULT:
            self.result.refresh()

    @Slot(object)
    def _heard(self, hearing: Hearing) -> None:
        if hearing.over and self._book is not None:
            self._show_result(self._book)

    @Slot(object)
    def _show_result(self, book: AnswerBook) -> None:
        self._book = book
        self._score(book)
        self.listening.stop()
        self.result.show_book(book)
        self.pages.setCurrentIndex(RESULT)

    @Slot()
    def _stop(self) -> None:
        self.listening.stop()
        self._to_setup()

    @Slot()
    def _to_setup(self) -> None:
        self.pages.setCurrentIndex(SETUP)
        self._offer()

    def shut(self) -> None:
        """The program ends: copies under neutral names go."""
        self.close()
        self.pieces.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.pages.currentIndex() == TRIAL:
            self._stop()
        super().closeEvent(event)
