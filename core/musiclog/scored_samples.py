"""What a run does with the scores of its samples when they are back: tell the monitor, log them as metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .background_scoring import CLOSE_S, HURRY_S, BackgroundScoring, Waiting
from .events import unix_now
from .notices import Notices
from .run_files import RunFiles

Place = tuple[float | None, float | None]  # step and epoch
Show = Callable[[str, float | None, Mapping[str, Any]], None]
Log = Callable[[Mapping[str, Any], Mapping[str, float]], None]


class ScoredSamples:
    """Between a run and its background scoring.

    show: hands an event to the monitor. log: writes a line of metrics below its head. place: where the training is.
    """

    def __init__(  # noqa: PLR0917 - what a run is made of
        self, folder: Path, files: RunFiles, show: Show, log: Log, place: Callable[[], Place], notices: Notices,
        reference: Path | None,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._files, self._show, self._log, self._place = files, show, log, place
        self._band: Mapping[str, Any] | None = None
        self._scoring = BackgroundScoring(self, notices, reference=reference)

    def submit(self, path: Path, step: float | None, epoch: float | None) -> None:
        self._scoring.submit(Waiting(path, step, epoch, unix_now(), self._place()))

    def close(self, *, hurry: bool) -> None:
        self._scoring.close(HURRY_S if hurry else CLOSE_S)

    def after_fork_in_child(self) -> None:
        self._scoring.after_fork_in_child()

    # -- called by the scoring thread ------------------------------------------------------------

    def card_arrived(self, sample: Waiting, card: Mapping[str, Any]) -> None:
        """Whoever reads the run has met the sample without its card, and is told to look again."""
        file = sample.path.relative_to(self._folder).as_posix()
        self._files.events.write("card", step=sample.step, epoch=sample.epoch, data={"file": file})
        self._show("card", sample.step, {"file": file, **card})

    def evaluation_arrived(self, newest: Waiting, answer: Mapping[str, Any]) -> None:
        """A line of metrics at the step and time of the samples, which the training has left behind by now."""
        step, _ = self._place()
        head = {"step": step if newest.step is None else newest.step, "t": newest.time}
        if newest.epoch:  # before the first epoch there is none: a 0 would say that epochs are counted from 0
            head["epoch"] = newest.epoch
        metrics = {name: round(value, 5) for name, value in answer["metrics"].items() if isinstance(value, int | float)}
        if metrics and head["step"] is not None:
            self._log(head, metrics)
        band = answer.get("band")
        if band and band != self._band:
            self._band = band
            data = {"metric": "quality/overall", **band}
            self._files.events.write("quality_band", step=newest.step, epoch=newest.epoch, data=data)

    def has_gone_on(self, newest: Waiting) -> bool:
        return self._place() != newest.place
