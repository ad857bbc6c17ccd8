"""Take the pictures of the guide: every page of the real window on a real run, light and dark.

    musiclog demo --headless --keep /tmp/pictures
    musiclog demo --headless --keep /tmp/pictures --seed 2 --learning-rate 0.0004
    python docs/take_pictures.py /tmp/pictures

It draws without a screen unless QT_QPA_PLATFORM names one (xcb under Xvfb, for example).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtGui import QFontDatabase, QImage
from PySide6.QtWidgets import QApplication

from musiclog.user_data import UserData
from musiclog_gui.app import App
from musiclog_gui.settings import Settings

PICTURES = Path(__file__).resolve().parent / "pictures"
SIZE = (1440, 900)
LIMIT_S = 60
# The window looks quiet before charts, scores and sound are ready, which come from other processes.
QUIET_S = 4.0
PLAYHEAD_S = 6.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="folder with runs")
    parser.add_argument("--to", type=Path, default=PICTURES)
    options = parser.parse_args()
    qt = QApplication(sys.argv[:1])
    if not QFontDatabase.families():
        print("No fonts on this machine: the pictures would be without text", file=sys.stderr)
        return 1
    options.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        app = App(qt, Settings(Path(folder) / "window.json"), [options.folder], user_data=UserData())
        app.window.resize(*SIZE)
        app.show()
        wait_until(lambda: bool(app.store.entries()), "a run in the folder")
        settle()
        choose(app)
        for theme in ("light", "dark"):
            app.keeper.choose(theme)
            for number, (title, _) in enumerate(app.pages):
                app.window.show_page(number)
                settle()
                name = "window" if number == 0 else title.lower()
                save(app.window.grab().toImage(), options.to / f"{name}-{theme}.png")
        app.window.close()
    return 0


def choose(app: App) -> None:
    """The first run, and of its samples the newest, ready to be played."""
    run = app.store.entries()[0]
    app.selection.set_run(run.id)
    if run.data.samples:
        sample = list(run.data.samples)[-1]
        app.selection.set_sample((run.id, sample))
        app.player.load(run.id, sample)
        settle()
        app.player.seek(PLAYHEAD_S)


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Let the window work until this is true."""
    deadline = time.monotonic() + LIMIT_S
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {LIMIT_S} s")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 100)


def settle() -> None:
    """Let the window work until what other processes send has had time to arrive and to be drawn."""
    deadline = time.monotonic() + QUIET_S
    while time.monotonic() < deadline:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)


def save(image: QImage, path: Path) -> None:
    image.convertToFormat(QImage.Format.Format_RGB888).save(str(path), "PNG", 0)  # 0: compressed as far as it goes
    print(f"{path} ({path.stat().st_size / 1024:.0f} kB)")


if __name__ == "__main__":
    sys.exit(main())
