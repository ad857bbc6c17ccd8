"""musiclog-gui: open the window on folders with runs."""

from __future__ import annotations

import argparse
import multiprocessing
import signal
import sys
from collections.abc import Sequence

NO_WINDOW = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 2 where no window can be opened, with the reason on stderr."""
    multiprocessing.freeze_support()
    options = _parser().parse_args(arguments)
    # Qt would abort the process without its libraries or a display, so it is not touched before this is known.
    from musiclog.doctor import why_no_window  # noqa: PLC0415

    reason = why_no_window()
    if reason is not None:
        print(f"musiclog-gui: {reason}", file=sys.stderr)  # noqa: T201  the one thing to say
        return NO_WINDOW
    return _run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("musiclog-gui", description="Watch, hear and compare trainings of music models.")
    parser.add_argument("folders", nargs="*", metavar="FOLDER",
                        help="a folder with runs, a run, or an address elsewhere (sftp://host/path)")
    look = parser.add_mutually_exclusive_group()
    for mode in ("light", "dark"):
        look.add_argument(f"--{mode}", dest="theme", action="store_const", const=mode, help=f"{mode} colours")
    return parser


def _run(options: argparse.Namespace) -> int:
    from PySide6.QtCore import QTimer  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    from .app import App  # noqa: PLC0415
    from .dialogs.unexpected import Unexpected  # noqa: PLC0415
    from .settings import Settings  # noqa: PLC0415

    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("musiclog")
    qt.setApplicationDisplayName("musiclog")
    for ending in (signal.SIGINT, signal.SIGTERM):  # Python hears them at the next tick of the window, within 1 s
        # By a timer, because quit() is not heard before the loop runs.
        signal.signal(ending, lambda _number, _frame: QTimer.singleShot(0, qt.quit))
    app = App(qt, Settings.load(), options.folders)
    if options.theme:
        app.keeper.choose(options.theme)
    qt.aboutToQuit.connect(app.close)
    sys.excepthook = Unexpected(app.window).hook
    app.show()
    return qt.exec()


if __name__ == "__main__":
    sys.exit(main())
