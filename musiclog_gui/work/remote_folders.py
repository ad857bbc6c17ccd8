"""Folders on other machines: a process each keeps its copy up to date, and the window watches the copy."""

from __future__ import annotations

import contextlib
import multiprocessing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from musiclog.remote import Address
from musiclog.remote.keeper import serve

LISTEN_MS = 300
ENDED = "the process that copies it has ended; close the folder and open it again"


@dataclass(frozen=True, slots=True)
class _Link:
    process: BaseProcess
    connection: Connection


class RemoteFolders(QObject):
    """The addresses that are open. What goes wrong is told as trouble of the copy's folder."""

    trouble = Signal(str, str)  # folder, what is the matter with it; "" when it is well again

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._links: dict[str, _Link] = {}  # by folder
        self._listening = QTimer(self, interval=LISTEN_MS)
        self._listening.timeout.connect(self._listen)

    def open(self, address: Address) -> str:
        """Begin to copy; returns the folder of the copy, which is there."""
        path = address.folder()
        path.mkdir(parents=True, exist_ok=True)
        folder = str(path)
        if folder not in self._links:
            # spawn: a forked copy of a process with Qt and threads in it may hang or crash.
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs, address.text, folder), name="musiclog-remote",
                                      daemon=True)  # fmt: skip
            process.start()
            theirs.close()
            self._links[folder] = _Link(process, ours)
            self._listening.start()
        return folder

    def close(self, folder: str) -> None:
        """Copy it no longer; what was copied stays in the cache."""
        link = self._links.pop(folder, None)
        if link is None:
            return
        link.connection.close()
        # It may be waiting for an answer that does not come; a copy that was cut off is gone on with.
        link.process.kill()
        link.process.join()
        link.process.close()
        if not self._links:
            self._listening.stop()

    def shut(self) -> None:
        """Close all; afterwards no process is there."""
        for folder in list(self._links):
            self.close(folder)

    @Slot()
    def _listen(self) -> None:
        for folder, link in list(self._links.items()):
            try:
                while link.connection.poll():
                    self.trouble.emit(folder, link.connection.recv())
            except (EOFError, OSError):
                with contextlib.suppress(KeyError):
                    self.close(folder)
                self.trouble.emit(folder, ENDED)
