"""List folders once for as long as they do not change."""

from __future__ import annotations

import os
import time
from functools import lru_cache

# Time stamps of folders are as coarse as 4 ms on ext4 and 2 s on FAT: a file made just after a listing need not change
# them. A listing is kept only when the folder had been at rest for longer.
REST_NS = 2_500_000_000


def version(folder: str | os.PathLike[str]) -> int | None:
    """A number that is another one after every change of the folder's entries; None while it is still changing.

    Raises OSError when there is no such folder.
    """
    changed = os.stat(folder).st_mtime_ns
    return changed if at_rest(changed) else None


def at_rest(changed: int) -> bool:
    """Whether a folder with this st_mtime_ns can have no change that its time stamp does not show."""
    return time.time_ns() - changed > REST_NS


def names(folder: str) -> tuple[str, ...]:
    """Sorted; empty when there is no such folder."""
    try:
        known = version(folder)
        return _names(folder) if known is None else _names_of_version(folder, known)
    except OSError:
        return ()


def _names(folder: str) -> tuple[str, ...]:
    return tuple(sorted(os.listdir(folder)))


@lru_cache(maxsize=512)
def _names_of_version(folder: str, changed: int) -> tuple[str, ...]:  # noqa: ARG001 - changed is part of the key
    return _names(folder)
