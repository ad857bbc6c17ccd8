"""Finds trouble in a training run: early, once, and with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from musiclog.anomaly.alert import Alert, Suggestion

if TYPE_CHECKING:
    from musiclog.anomaly.monitor import Monitor

__all__ = ["Alert", "Monitor", "Suggestion"]


def __getattr__(name: str) -> Any:
    """The monitor brings all rules with it; who only reads what alerts and metrics are called has no use for them."""
    if name != "Monitor":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from musiclog.anomaly.monitor import Monitor  # noqa: PLC0415

    globals()[name] = Monitor
    return Monitor
