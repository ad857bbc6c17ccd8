"""Tell a training in the text log: start, progress now and then, epochs, alerts with what to do, the end."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .memory import gpu_gb, ram_gb
from .rotation import RotatingFile
from .structured_log import TrainingState, format_record, losses_field, state_fields

_MODULE = "training"
_LEVELS = {"info": "INFO", "warning": "WARNING", "critical": "ERROR", "fatal": "CRITICAL"}
_LOSS = re.compile(r"(?:^|/)loss(?:es)?/(?P<part>[^/]+)$|(?:^|/)(?P<whole>[^/]*loss)$", re.IGNORECASE)
_VALIDATION = re.compile(r"(?:^|[/_])(?:val|valid|validation|eval|test)(?:[/_]|$)", re.IGNORECASE)
_GPU_USED = re.compile(r"gpu(?!.*max).*(allocated|used)", re.IGNORECASE)
_GPU_TOTAL = re.compile(r"gpu.*(total|capacity)", re.IGNORECASE)
_RAM = re.compile(r"(?:^|[/_])(?:ram|cpu_rss|rss)(?:$|[/_])", re.IGNORECASE)


class TrainingLog:
    """Writes logs/training.log of one run and counts what its blocks tell: files used, samples since the last."""

    def __init__(self, file: RotatingFile, *, total_epochs: int | None, every_s: float) -> None:
        self.file = file
        self._total_epochs = total_epochs
        self._every_s = every_s
        self._due_at = 0.0
        self._untold_steps = 0
        self._step: float | None = None
        self._epoch: float | None = None
        self._batch: float | None = None
        self._batches: int | None = None
        self._latest: dict[str, float] = {}
        self._files = self._augmented = 0
        self._samples: list[str] = []

    def start(self, t: float, name: str, run_id: str, *, resumed: bool) -> None:
        self._write(
            t,
            "Resuming training session" if resumed else "Starting training session",
            [f"Experiment: {name}", f"ID: {run_id}", *self._planned(), f"Start time: {_moment(t)}"],
            tag="TRAINING_START",
        )

    def epoch_start(self, t: float, epoch: int, batches: int | None) -> None:
        self._epoch, self._batch, self._batches = epoch, None, batches
        fields = [] if batches is None else [f"Total batches: {batches}"]
        of = "" if self._total_epochs is None else f"/{self._total_epochs}"
        self._write(t, f"Epoch {epoch}{of}", [*fields, f"Start time: {_moment(t)}"], tag="EPOCH_START")

    def step(self, step: float, epoch: float | None, batch: float | None, metrics: Mapping[str, float]) -> None:
        """One logged line. Without a batch number the steps of the epoch are counted, each once."""
        self._untold_steps += 1
        if epoch is not None and epoch != self._epoch:
            self._epoch, self._batch = epoch, None
        if batch is not None:
            self._batch = batch
        elif step != self._step:  # validation and quality are often logged at the step before
            self._batch = (self._batch or 0) + 1
        self._step = step
        self._latest.update(metrics)

    def progress_if_due(self, t: float) -> None:
        if self._untold_steps and t >= self._due_at:
            self.progress(t)

    def progress(self, t: float) -> None:
        """The published block: epoch and batch, files, losses, memory, samples since the last block."""
        if not self._untold_steps:
            return
        self._untold_steps, self._due_at = 0, t + self._every_s
        metrics, epoch, batch = self._latest, self._epoch, self._batch
        used, total = _gpu(metrics)
        ram = next((_gigabytes(value) for name, value in metrics.items() if _RAM.search(name)), None)
        state = TrainingState(
            epoch=epoch,
            epochs=self._total_epochs if epoch is not None else None,
            batch=batch,
            batches=self._batches if batch is not None else None,
            files=self._files or None,
            augmented=self._augmented,
            losses=train_losses(metrics),
            gpu_used_gb=used,
            gpu_total_gb=total,
            ram_gb=ram_gb() if ram is None else ram,
            samples=tuple(self._samples),
        )
        self._samples.clear()
        self._write(t, "Training progress", state_fields(state))

    def epoch_end(self, t: float, epoch: int, seconds: float | None) -> None:
        self.progress(t)
        metrics = self._latest
        fields = [
            None if seconds is None else f"Duration: {seconds:.1f}s",
            losses_field("Train losses", train_losses(metrics)),
            losses_field("Val losses", validation_losses(metrics)),
            f"Files processed: {self._files} ({self._augmented} augmented)" if self._files else None,
        ]
        self._write(t, f"Epoch {epoch} completed", [text for text in fields if text], tag="EPOCH_COMPLETE")

    def file_used(self, augmented: bool) -> None:
        self._files += 1
        self._augmented += augmented

    def sample(self, relative_path: str) -> None:
        """Named in the next progress block."""
        self._samples.append(relative_path)

    def alert(self, t: float, alert: Mapping[str, Any], epoch: float | None) -> None:
        """One alert as Alert.as_dict() gives it; suggestions only when it opens, so that they are read once."""
        place = f"Step: {alert.get('step'):g}" if alert.get("step") is not None else None
        fields = [
            f"Type: {alert.get('kind')}",
            f"State: {alert.get('state')}",
            f"Details: {alert.get('title')}",
            place if epoch is None else f"Epoch: {epoch:g}, {place}",
        ]
        level = _LEVELS.get(str(alert.get("severity")), "WARNING")
        if alert.get("state") not in ("opened", "escalated"):
            self._write(t, f"{alert.get('kind')} {alert.get('state')}: {alert.get('title')}")
            return
        self._write(t, "Training anomaly detected", [f for f in fields if f], tag="ANOMALY_DETECTED", level=level)
        advice = [str(one.get("text")) for one in alert.get("suggestions") or () if isinstance(one, Mapping)]
        if advice and alert.get("state") == "opened":
            self._write(t, f"For {alert.get('kind')}:", advice, tag="RECOVERY_SUGGESTIONS")

    def say(self, t: float, message: str, fields: Sequence[str] = (), *, level: str = "INFO") -> None:
        self._write(t, message, fields, level=level)

    def end(self, t: float, state: str, seconds: float, error: str | None) -> None:
        self.progress(t)
        fields = [f"State: {state}", f"Duration: {seconds:.1f}s", *([f"Error: {error}"] if error else [])]
        message = "Training completed" if state == "finished" else f"Training {state}"
        self._write(t, message, fields, tag="TRAINING_COMPLETE", level="ERROR" if state == "crashed" else "INFO")

    def after_fork_in_child(self) -> None:
        self._due_at = math.inf

    def _planned(self) -> list[str]:
        return [] if self._total_epochs is None else [f"Total epochs: {self._total_epochs}"]

    def _write(
        self, t: float, message: str, fields: Sequence[str] = (), *, tag: str | None = None, level: str = "INFO"
    ) -> None:
        text = format_record(t, level, _MODULE, message, fields, tag=tag)
        self.file.append(text.encode("utf-8", "replace"))


def train_losses(metrics: Mapping[str, float]) -> dict[str, float]:
    """Short names of the training losses: loss/recon and recon_loss are recon, total_loss is total."""
    return {
        short: value
        for name, value in metrics.items()
        if not _VALIDATION.search(name) and (short := _loss_name(name)) is not None
    }


def validation_losses(metrics: Mapping[str, float]) -> dict[str, float]:
    return {
        short: value
        for name, value in metrics.items()
        if _VALIDATION.search(name) and (short := _loss_name(name)) is not None
    }


def _loss_name(name: str) -> str | None:
    found = _LOSS.search(name)
    if found is None:
        return None
    text = found["part"] or found["whole"]
    return re.sub(r"_?loss$", "", _VALIDATION.sub("", text), flags=re.IGNORECASE) or "total"


def _gpu(metrics: Mapping[str, float]) -> tuple[float | None, float | None]:
    """As logged; what was not logged is asked from torch, if this process uses it."""
    used = next((_gigabytes(value) for name, value in metrics.items() if _GPU_USED.search(name)), None)
    total = next((_gigabytes(value) for name, value in metrics.items() if _GPU_TOTAL.search(name)), None)
    if used is not None and total is not None:
        return used, total
    asked_used, asked_total = gpu_gb()
    return (asked_used if used is None else used), (asked_total if total is None else total)


def _gigabytes(value: float) -> float | None:
    """Trainers log bytes or gigabytes; nobody has a million gigabytes, or a million bytes."""
    if not math.isfinite(value):
        return None
    return value / 1e9 if value > 1e6 else value


def _moment(t: float) -> str:
    return datetime.fromtimestamp(t).isoformat(timespec="milliseconds")
