"""From the command to the first painted window and to the first charts, beside the least that could be.

Every start is a process of its own, offscreen, warm. Medians in seconds, and the processor time of the process until
the first paint, which a busy machine inflates less.
"""

from __future__ import annotations

import importlib.util
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from .child import end, run
from .table import Bar, Row, Table, absent

COLUMNS = ("painted s", "processor s", "charts s")

Told = dict[str, tuple[float, float]]  # moment -> seconds since the start, seconds of processor time

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
        if len(entries) == {runs!r} and "listed" not in told:
            told.add("listed")
            tell("listed")
        if "charts" in told and "listed" in told and all(e.data.series for e in entries):
            tell("all read")
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


def tables(*, quick: bool) -> Iterator[Table]:
    told: dict[str, list[Told]] = {}
    with tempfile.TemporaryDirectory() as settings:
        todo = programs(f"{settings}/window.json")
        for number in range(2 if quick else 6):  # in turn, so that all meet the same machine
            for name, program in todo.items():
                found = start(program)
                if number:  # the first one warms: files in the system's cache, modules compiled
                    told.setdefault(name, []).append(found)
    rows = [row_of(name, each) for name, each in told.items()]
    yield Table("Start-up: first window painted", COLUMNS, [*rows, tensorboard()])


def row_of(name: str, told: list[Told]) -> Row:
    painted, processor = (statistics.median(each["painted"][part] for each in told) for part in (0, 1))
    charts = statistics.median(each["charts"][0] for each in told) if "charts" in told[0] else None
    return Row(name, (painted, processor, charts), {"painted s": Bar(1.2)} if name == "musiclog" else {})


def tensorboard() -> Row:
    """Its server with nothing to show, until it answers; the browser's start comes on top."""
    name = "TensorBoard's server answers"
    if importlib.util.find_spec("tensorboard") is None:
        return absent(name, COLUMNS)
    with tempfile.TemporaryDirectory() as place, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", place, "--port", str(port)]
        begin = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        ) as server:
            try:
                return Row(name, (answered(port, 60) - begin, None, None))
            except TimeoutError as error:
                return absent(name, COLUMNS, str(error))
            finally:
                end(server)


def answered(port: int, within_s: float) -> float:
    """The moment of the first answer."""
    until = time.perf_counter() + within_s
    while time.perf_counter() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except OSError:
            time.sleep(0.02)
        else:
            return time.perf_counter()
    raise TimeoutError(f"no answer in {within_s:g} s")


def start(program: str) -> Told:
    """What the program told of itself."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "program.py")
        file.write_text(program.replace("{start!r}", repr(time.time())))
        environment = {"QT_QPA_PLATFORM": "offscreen", "SDL_AUDIODRIVER": "dummy"}
        said = [line.rsplit(" ", 2) for line in run([sys.executable, str(file)], 110, environment).splitlines()]
    return {moment: (float(wall), float(cpu)) for moment, wall, cpu in said}


def programs(settings: str) -> dict[str, str]:
    plotted = BARE.replace("{plot}", "import pyqtgraph as pg").replace("{content}", "pg.PlotWidget")
    bare = BARE.replace("{plot}", "").replace("{content}", "QWidget")
    return {"bare PySide6": bare, "PySide6 + pyqtgraph": plotted, "musiclog": ours(settings)}


def ours(settings: str, folder: str | None = None, runs: int = 0) -> str:
    """A program that opens the window, and ends it when all runs of the folder have been read."""
    folders = [folder] if folder else []
    program = OURS.replace("{settings!r}", repr(settings)).replace("{folders!r}", repr(folders))
    return program.replace("{runs!r}", repr(runs))
