"""The main function of the process that reads runs; apart, so that neither side loads what only the other needs."""

from __future__ import annotations

from multiprocessing.connection import Connection


def serve(connection: Connection) -> None:
    """Follow runs as commands say, until the other end is closed."""
    from musiclog import follow  # noqa: PLC0415  0.1 s of detectors and readers that the window itself has no use for

    follow.serve(connection)
