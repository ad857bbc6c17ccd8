"""Which alerts the user has seen, put to sleep or does not want, kept beside the user's settings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from musiclog.anomaly.alert import severity_rank

# Runs come and go; the oldest marks are dropped beyond this many.
MOST_KEPT = 10_000

Key = tuple[str, str]  # run id, episode id


@dataclass(frozen=True, slots=True)
class Snooze:
    """Quiet until a moment or a step, whichever is set, and only while the alert gets no graver."""

    severity: str  # when it was put to sleep
    until: float | None = None  # Unix seconds
    until_step: float | None = None

    def lasts(self, now: float, step: float | None, severity: str) -> bool:
        if severity_rank(severity) > severity_rank(self.severity):
            return False
        if self.until is not None:
            return now < self.until
        return self.until_step is not None and (step is None or step < self.until_step)


class AlertMarks:
    """Acknowledged and snoozed episodes, muted kinds and runs. Without a path they last as long as the window."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._acknowledged: dict[Key, None] = {}  # in the order they were made
        self._snoozed: dict[Key, Snooze] = {}
        self._muted: set[str] = set()
        self._muted_runs: set[str] = set()
        self.trouble: str | None = None  # why they could not be kept
        self._read()

    def is_acknowledged(self, key: Key) -> bool:
        return key in self._acknowledged

    def snooze_of(self, key: Key) -> Snooze | None:
        return self._snoozed.get(key)

    def snoozed(self) -> list[Key]:
        return list(self._snoozed)

    def is_muted(self, kind: str) -> bool:
        return kind in self._muted

    def is_run_muted(self, run_id: str) -> bool:
        return run_id in self._muted_runs

    def muted(self) -> list[str]:
        return sorted(self._muted)

    def muted_runs(self) -> list[str]:
        return sorted(self._muted_runs)

    def acknowledge(self, keys: Iterable[Key], acknowledged: bool = True) -> None:
        for key in keys:
            if acknowledged:
                self._acknowledged[key] = None
            else:
                self._acknowledged.pop(key, None)
        self._write()

    def snooze(self, keys: Iterable[Key], snooze: Snooze | None) -> None:
        """Put alerts to sleep; None wakes them."""
        for key in keys:
            self._snoozed.pop(key, None)
            if snooze is not None:
                self._snoozed[key] = snooze
        self._write()

    def mute(self, kind: str, muted: bool = True) -> None:
        (self._muted.add if muted else self._muted.discard)(kind)
        self._write()

    def mute_run(self, run_id: str, muted: bool = True) -> None:
        (self._muted_runs.add if muted else self._muted_runs.discard)(run_id)
        self._write()

    def _read(self) -> None:
        if self._path is None or not self._path.exists():
            return
        try:
            kept = json.loads(self._path.read_text("utf-8"))
            self._acknowledged = {(str(run), str(episode)): None for run, episode in kept["acknowledged"]}
            self._muted = {str(kind) for kind in kept["muted"]}
            self._muted_runs = {str(run) for run in kept.get("muted_runs", ())}
            self._snoozed = {(str(run), str(episode)): Snooze(**snooze)
                             for run, episode, snooze in kept.get("snoozed", ())}  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError) as error:
            self.trouble = f"{self._path.name} cannot be read ({error}); alerts start unacknowledged"

    def _write(self) -> None:
        for marks in (self._acknowledged, self._snoozed):
            while len(marks) > MOST_KEPT:
                del marks[next(iter(marks))]
        if self._path is None:
            return
        kept = {
            "acknowledged": list(self._acknowledged),
            "snoozed": [(*key, asdict(snooze)) for key, snooze in self._snoozed.items()],
            "muted": self.muted(),
            "muted_runs": self.muted_runs(),
        }
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
            fresh.replace(self._path)
        except OSError as error:
            self.trouble = f"{self._path.name} cannot be written ({error}); marks last until the window closes"
        else:
            self.trouble = None
