"""From the command to the first painted window, to the first charts and to all runs of a folder.

    python benchmarks/start_up.py [FOLDER] [--times 5]

Every start is a process of its own, offscreen, warm. The peers are the least that could be: a bare PySide6 window,
and one with a pyqtgraph plot in it. Prints medians in seconds, and the CPU time of the process until the first paint,
which a busy machine inflates less.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

BUDGET_S = 1.2

HEAD = """
import sys, time
start = {start!r}
def tell(name):
    print(name, time.time() - start, time.process_time(), flush=True)
"""

BARE = (
    HEAD
    + """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
{plot}
qt = QApplication([])
class Content({content}):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, done)
def done():
    tell("painted")
    qt.quit()
window = QMainWindow()
window.setCentralWidget(Content())
window.resize(1200, 800)
window.show()
qt.exec()
"""
)

OURS = (
    HEAD
    + """
if __name__ == "__main__":
    from pathlib import Path
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    from musiclog.user_data import UserData
    from musiclog_gui.app import App
    from musiclog_gui.settings import Settings
    from musiclog_gui.views.main_window import MainWindow
    told = set()
    paint = MainWindow.paintEvent
    def paint_and_tell(window, event):
        paint(window, event)
        if "painted" not in told:
            told.add("painted")
            tell("painted")
    MainWindow.paintEvent = paint_and_tell
    qt = QApplication([])
    app = App(qt, Settings(Path({settings!r})), {folders!r}, user_data=UserData())
    def look():
        if app.live.grid is not None and "charts" not in told:
            told.add("charts")
            tell("charts")
        entries = app.store.entries()
        loaded = entries and all(e.data.series for e in entries)
        if "charts" in told and (loaded or not {folders!r}):
            tell("all runs")
            app.window.close()
            qt.quit()
    timer = QTimer(interval=10)
    timer.timeout.connect(look)
    timer.start()
    app.show()
    qt.exec()
    app.close()
"""
)


def run(program: str) -> dict[str, tuple[float, float]]:
    """What the program told: name -> (seconds since its start, seconds of CPU)."""
    import time  # noqa: PLC0415

    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(program.replace("{start!r}", repr(time.time())))
        file.flush()
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "SDL_AUDIODRIVER": "dummy"}
        done = subprocess.run(
            [sys.executable, file.name],
            env=environment,
            text=True,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    return {line.rsplit(" ", 2)[0]: tuple(map(float, line.rsplit(" ", 2)[1:])) for line in done.stdout.splitlines()}


def programs(folder: str | None, settings: str) -> dict[str, str]:
    folders = [folder] if folder else []
    ours = OURS.replace("{settings!r}", repr(settings)).replace("{folders!r}", repr(folders))
    plotted = BARE.replace("{plot}", "import pyqtgraph as pg").replace("{content}", "pg.PlotWidget")
    bare = BARE.replace("{plot}", "").replace("{content}", "QWidget")
    return {"bare PySide6": bare, "PySide6 + pyqtgraph": plotted, "musiclog": ours}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    told: dict[str, list[dict[str, tuple[float, float]]]] = {}
    with tempfile.TemporaryDirectory() as settings:
        todo = programs(options.folder, f"{settings}/window.json")
        for program in todo.values():
            run(program)  # warm: files in the system's cache, modules compiled
        for _ in range(options.times):  # in turn, so that all meet the same machine
            for name, program in todo.items():
                told.setdefault(name, []).append(run(program))
    for name, runs in told.items():
        for moment in runs[0]:
            wall, cpu = (statistics.median(each[moment][part] for each in runs) for part in (0, 1))
            print(f"{name:22}{moment:12}{wall:7.2f} s{cpu:9.2f} s CPU")
    print(f"budget: first window painted within {BUDGET_S} s")


if __name__ == "__main__":
    main()
