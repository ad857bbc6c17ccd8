"""Finds trouble in a training run: early, once, and with what to do about it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from musiclog.anomaly.alert import Alert, Suggestion

if TYPE_CHECKING:
    from musiclog.anomaly.context import Context
    from musiclog.anomaly.episodes import Rhythm
    from musiclog.anomaly.monitor import Monitor
    from musiclog.anomaly.watches import Register

__all__ = ["Alert", "Context", "Monitor", "Register", "Rhythm", "Suggestion"]

# The monitor brings all rules with it; who only reads what alerts and metrics are called has no use for them.
_LAZY = {"Context": "context", "Monitor": "monitor", "Register": "watches", "Rhythm": "episodes"}


def __getattr__(name: str) -> Any:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = found
    return found
