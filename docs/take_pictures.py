"""Take the pictures of the guide: every page of the real window on a real run, light and dark.

    musiclog demo --headless --keep /tmp/pictures
    musiclog demo --headless --keep /tmp/pictures --seed 2 --learning-rate 0.0004
    python docs/picture_runs.py /tmp/live
    python docs/take_pictures.py /tmp/pictures --live /tmp/live
    python benchmarks/demo_comparison.py --keep /tmp/compared
    python docs/take_pictures.py /tmp/pictures --compare /tmp/compared/lr

--only-live takes those of the Live page alone: one run, twenty runs in groups, ten million points. It draws without
a screen unless QT_QPA_PLATFORM names one (xcb under Xvfb, for example).
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

import numpy as np
from PySide6.QtCore import QCoreApplication, QEventLoop, Qt
from PySide6.QtGui import QFontDatabase, QImage
from PySide6.QtWidgets import QApplication

from musiclog.user_data import UserData
from musiclog_gui.app import App
from musiclog_gui.settings import Settings
from musiclog_gui.state.compare_axes import Brush

PICTURES = Path(__file__).resolve().parent / "pictures"
SIZE = (1440, 900)
LIMIT_S = 60
# The window looks quiet before charts, scores and sound are ready, which come from other processes.
QUIET_S = 4.0
PLAYHEAD_S = 6.0
COMPARED = ("summary", "importance", "parallel", "scatter", "quality", "listen")  # tabs of the Compare page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="folder with runs")
    parser.add_argument("--to", type=Path, default=PICTURES)
    parser.add_argument("--live", type=Path, help="folder that picture_runs.py filled")
    parser.add_argument("--only-live", action="store_true")
    parser.add_argument("--compare", type=Path, help="folder with runs to compare; only the Compare page is taken then")
    options = parser.parse_args()
    qt = QApplication(sys.argv[:1])
    if not QFontDatabase.families():
        print("No fonts on this machine: the pictures would be without text", file=sys.stderr)
        return 1
    options.to.mkdir(parents=True, exist_ok=True)
    if options.compare:
        take_compare(qt, str(options.compare), options.to)
        return 0
    if not options.only_live:
        take_pages(qt, options.folder, options.to)
    if options.live:
        take_live(qt, options.folder, show_one, options.to / "live-one")
        take_live(qt, str(options.live / "groups"), show_groups, options.to / "live-groups")
        take_live(qt, str(options.live / "long"), show_long, options.to / "live-ten-million")
    return 0


def take_pages(qt: QApplication, runs: str, to: Path) -> None:
    """Every page, on runs that the demo made."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(qt, Settings(Path(folder) / "window.json"), [runs], user_data=UserData())
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
                save(app.window.grab().toImage(), to / f"{name}-{theme}.png")
        app.window.close()


def take_compare(qt: QApplication, runs: str, to: Path) -> None:
    """The tabs of the Compare page, one of them with a brush."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(qt, Settings(Path(folder) / "window.json"), [runs], user_data=UserData())
        app.window.resize(*SIZE)
        app.show()
        wait_until(lambda: bool(app.store.entries()) and all(run.data.series for run in app.store.entries()), "runs")
        settle()
        page = app.late_pages["Compare"].page()
        app.window.show_page([title for title, _ in app.pages].index("Compare"))
        wait_until(lambda: page.findings.answer is not None and not page.findings.answer.early, "a comparison")
        for theme in ("light", "dark"):
            app.keeper.choose(theme)
            for number in range(page.tabs.count()):
                title = page.tabs.tabText(number).lower()
                if title not in COMPARED:
                    continue
                page.tabs.setCurrentIndex(number)
                if title == "importance":
                    wait_until(lambda: page.findings.influences is not None, "forests")
                if title == "parallel":
                    page.findings.brush(Brush("quality", 0.66, 0.70))
                settle()
                name = "compare" if number == 0 else f"compare-{title}"
                save(app.window.grab().toImage(), to / f"{name}-{theme}.png")
                page.findings.unbrush_all()
        app.window.close()


def take_live(qt: QApplication, runs: str, arrange: Callable[[App], None], to: Path) -> None:
    """The Live page alone, in both themes."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(qt, Settings(Path(folder) / "window.json"), [runs], user_data=UserData())
        app.window.resize(*SIZE)
        app.show()
        wait_until(lambda: bool(app.store.entries()) and all(run.data.series for run in app.store.entries()), "runs")
        settle()
        wait_until(lambda: all(run.read == 1 for run in app.store.entries()), "all points")
        arrange(app)
        for theme in ("light", "dark"):
            app.keeper.choose(theme)
            settle()
            save(app.window.grab().toImage(), to.with_name(f"{to.name}-{theme}.png"))
        app.window.close()


def show_one(app: App) -> None:
    choose(app)
    for run in app.store.entries()[1:]:
        app.store.set_shown(run.id, False)


def show_groups(app: App) -> None:
    app.question.ask_grouped("learning_rate")


def show_long(app: App) -> None:
    app.selection.set_run(app.store.entries()[0].id)


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


def with_palette(image: QImage) -> QImage:
    """In its 256 most frequent colours: half the bytes, and no difference that an eye finds in a window."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)[:, : image.width()]
    colours, counts = np.unique(pixels | 0xFF000000, return_counts=True)
    table = colours[np.argsort(-counts)][:256].tolist()
    return image.convertToFormat(QImage.Format.Format_Indexed8, table, Qt.ImageConversionFlag.AvoidDither)


def save(image: QImage, path: Path) -> None:
    with_palette(image).save(str(path), "PNG", 0)  # 0: compressed as far as it goes
    print(f"{path} ({path.stat().st_size / 1024:.0f} kB)")


if __name__ == "__main__":
    sys.exit(main())
