"""What the user points at, shared by all pages: a run, a sample, a step."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Selection(QObject):
    """The current run, sample and step. Setters emit only when something changes."""

    run_changed = Signal(object)  # run id or None
    runs_changed = Signal(object)  # tuple of run ids: all that are selected in the list, such as those of a group
    sample_changed = Signal(object)  # (run id, path of the sample) or None
    step_pointed = Signal(object)  # step under a chart's crosshair, or None
    moment_requested = Signal(str, float)  # run id, step: show this moment on the Live page
    play_requested = Signal(str, str)  # run id, path of the sample

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run: str | None = None
        self.runs: tuple[str, ...] = ()
        self.sample: tuple[str, str] | None = None

    def set_run(self, run_id: str | None) -> None:
        if run_id != self.run:
            self.run = run_id
            self.run_changed.emit(run_id)

    def set_runs(self, run_ids: tuple[str, ...]) -> None:
        if run_ids != self.runs:
            self.runs = run_ids
            self.runs_changed.emit(run_ids)

    def set_sample(self, sample: tuple[str, str] | None) -> None:
        if sample != self.sample:
            self.sample = sample
            self.sample_changed.emit(sample)
