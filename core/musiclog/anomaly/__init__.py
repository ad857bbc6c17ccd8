"""Finds trouble in a training run: early, once, and with what to do about it."""

from musiclog.anomaly.alert import Alert, Suggestion
from musiclog.anomaly.monitor import Monitor

__all__ = ["Alert", "Monitor", "Suggestion"]
