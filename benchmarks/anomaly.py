"""Recall, precision and false alarms of our detectors beside EWMA and SageMaker-like rules, on the same runs.

Usage: python benchmarks/anomaly.py PATH_OF_anomaly_bench.py [--split dev] [--fp]
Also the adapter that the bench itself can load: --det benchmarks/anomaly.py:Factory
"""

from __future__ import annotations

from typing import Any

from musiclog.anomaly import Monitor

# The bench counts beginnings; these words tell it that an alert is none.
_WORDS = {"opened": "start", "escalated": "update", "recovered": "recovered", "settled": "end"}


class Factory:
    """A Monitor as the bench wants its detectors."""

    def __init__(self) -> None:
        self._monitor = Monitor()

    def update(self, metrics: dict[str, Any]) -> list[dict[str, Any]]:
        alerts = self._monitor.update(metrics["step"], metrics, epoch=metrics.get("epoch"))
        return [
            {"type": each.kind, "severity": each.severity, "step": each.step, "state": _WORDS[each.state]}
            for each in alerts
        ]
