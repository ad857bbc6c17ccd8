"""Log, score and watch the training of models that write music as notes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .actions import Actions
from .errors import MidiError, MusiclogError, ReadError, RunError
from .run import Run

if TYPE_CHECKING:
    from .opened import OpenRun, open_run

__all__ = ["Actions", "MidiError", "MusiclogError", "OpenRun", "ReadError", "Run", "RunError", "open_run"]

# Reading needs numpy, which a training process must not pay for with `import musiclog`.
# The module is not called open_run: importing it would put it in the place of the function.
_LAZY = {"open_run": "opened", "OpenRun": "opened"}


def __getattr__(name: str) -> Any:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module 'musiclog' has no attribute {name!r}")
    found = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
