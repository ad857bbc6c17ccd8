"""Take the pictures of listening for the guide: samples in groups, two side by side, a blind test and its result.

    musiclog demo --headless --keep /tmp/pictures
    python docs/take_listening_pictures.py /tmp/pictures/folk-tunes-seed1

The answers of the blind test are those of a scripted listener, who prefers the better-scored piece with 80 %.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget
from take_pictures import PICTURES, SIZE, choose, save, settle, wait_until

from musiclog import Run
from musiclog.listening import BlindTest
from musiclog.listening.answers import books
from musiclog.listening.simulated import ScriptedListener
from musiclog.notes import make_notes, write_midi
from musiclog.user_data import UserData
from musiclog_gui.app import App
from musiclog_gui.settings import Settings
from musiclog_gui.views.blind_test import BlindTestWindow

LISTENER = "Ann"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="folder of a run with samples over many epochs")
    parser.add_argument("--to", type=Path, default=PICTURES)
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    qt = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        app = App(qt, Settings(Path(folder) / "window.json"), [options.run], user_data=UserData())
        app.window.resize(*SIZE)
        app.show()
        wait_until(lambda: bool(app.store.entries()), "a run in the folder")
        settle()
        app.window.show_page([title for title, _ in app.pages].index("Samples"))
        choose(app)
        wait_until(lambda: all(row.assessment for row in app.samples.model.rows()), "scores of all samples")
        take_samples(app, options.to)
        take_blind_test(app, Path(folder) / "blind", options.to)
        app.window.close()
    for name, fill in (("empty", fill_empty), ("broken", fill_broken)):
        take_trouble(qt, fill, options.to / f"samples-{name}")
    return 0


def fill_empty(run: Run) -> None:
    for step in range(200):
        run.log(step, total_loss=4.0 / (1 + step / 40))


def fill_broken(run: Run) -> None:
    fill_empty(run)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.mid"
        write_midi(path, make_notes([(beat, 1, 60 + beat % 12, 80) for beat in range(32)]))
        run.log_sample(path, step=100)
        path = Path(folder) / "cut.mid"
        path.write_bytes(b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\x20\0\x90\x3c")
        run.log_sample(path, step=150)


def take_trouble(qt: QApplication, fill: Callable[[Run], None], to: Path) -> None:
    """The Samples page where there is nothing to hear."""
    with tempfile.TemporaryDirectory() as folder:
        with Run(Path(folder) / "runs" / "bach-gru") as run:
            fill(run)
        app = App(qt, Settings(Path(folder) / "window.json"), [str(Path(folder) / "runs")], user_data=UserData())
        app.window.resize(*SIZE)
        app.show()
        wait_until(lambda: bool(app.store.entries()), "a run in the folder")
        settle()
        app.window.show_page([title for title, _ in app.pages].index("Samples"))
        rows = app.samples.model.rows
        wait_until(lambda: all(row.assessment for row in rows()), "scores of all samples")
        for row in rows():
            if row.reason is not None:
                app.selection.set_sample(row.key)
        take_both(app, app.window, to)
        app.window.close()


def take_samples(app: App, to: Path) -> None:
    page = app.samples
    page.groups.setCurrentIndex(page.groups.findData("epoch"))
    take_both(app, app.window, to / "samples-groups")
    page.groups.setCurrentIndex(0)
    run = app.store.entries()[0]
    page.duel.set_b((run.id, list(run.data.samples)[1]))
    take_both(app, app.window, to / "samples-duel")
    page.duel.set_b(None)


def take_blind_test(app: App, folder: Path, to: Path) -> None:
    """The first epoch against the last."""
    window = BlindTestWindow(app.samples.model, app.score_desk, app.synth_desk, app.player, folder, app.window)
    app.blind_test = window
    window.open()
    window.setup.listener.setText(LISTENER)
    window.setup.start.click()
    settle()
    take_both(app, window, to / "blind-trial")
    book = next(iter(books(folder)))
    pieces = {piece.id for contender in book.contenders for piece in contender.pieces}
    wait_until(lambda: pieces <= set(next(iter(books(folder))).scores()), "scores of all pieces")
    scores = {piece: found["overall"] for piece, found in next(iter(books(folder))).scores().items()}
    window.trial.stop_wanted.emit()
    test, listener = BlindTest(book, LISTENER), ScriptedListener(scores, seed=1, ties=0.1)
    while (trial := test.next()) is not None:
        test.answer(trial, listener.choose(trial), seconds=12.0)
    window.setup.result_wanted.emit(next(iter(books(folder))))
    take_both(app, window, to / "blind-result")
    window.close()


def take_both(app: App, widget: QWidget, path: Path) -> None:
    """Light and dark."""
    for theme in ("light", "dark"):
        app.keeper.choose(theme)
        settle()
        save(widget.grab().toImage(), path.with_name(f"{path.name}-{theme}.png"))


if __name__ == "__main__":
    sys.exit(main())
