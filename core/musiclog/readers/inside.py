"""Paths that a file names are followed only inside their run folder."""

from __future__ import annotations

import os


def inside(folder: str, path: str) -> str | None:
    """path (absolute, or relative to folder) as an absolute path; None when it leads out of folder.

    Symbolic links count for where they lead.
    """
    if not path or "\0" in path:
        return None
    joined = os.path.normpath(os.path.join(folder, path))
    home = os.path.realpath(folder)
    try:
        real = os.path.realpath(joined)
        return joined if os.path.commonpath((home, real)) == home else None
    except (ValueError, OSError):  # another drive; a loop of links
        return None
