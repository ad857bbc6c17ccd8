"""A learning rate that leaves its configured schedule, after it has followed it long enough to be sure."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import Final

from musiclog.anomaly.configuration import Configuration
from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm

# Names under which the trainers of transformers, and those who copy them, mean just one curve. Others, torch's class
# names among them, leave open what a step is, where the curve ends or whether it starts again.
_KINDS: Final = {
    "constant": "constant", "constant_with_warmup": "constant", "linear": "linear", "linear_with_warmup": "linear",
    "cosine": "cosine", "cosine_with_warmup": "cosine",
}  # fmt: skip
# Any of these bends the curve in a way that differs between trainers.
_BENDS: Final = frozenset({
    "min_lr", "min_lr_rate", "min_lr_ratio", "min_learning_rate", "lr_min", "eta_min", "final_lr", "end_lr", "lr_end",
    "num_cycles", "warmup_ratio", "warmup_epochs", "cooldown_steps", "decay_steps", "lr_decay_steps", "t_max", "t_mult",
    "gamma", "power",
})  # fmt: skip
_NEAR: Final = 0.01  # of what the schedule gives
# Of the peak: a gradient scaler that skips steps delays the schedule by some.
_NEAR_PEAK: Final = 0.005
_SURE: Final = 100  # points on the schedule in a row before leaving it is news
_FOREIGN: Final = 100  # points beside it before that after which it is not this run's schedule


@dataclass(frozen=True, slots=True)
class Schedule:
    """Linear warm-up to the peak, then constant, or linear or cosine decay to zero at the last step."""

    kind: str
    peak: float
    warmup: float  # steps
    total: float  # steps; infinite for a constant rate without a plan

    def rate(self, step: float) -> float:
        step = max(step, 0.0)
        if step < self.warmup:
            return self.peak * step / self.warmup
        if self.kind == "constant":
            return self.peak
        done = min(1.0, (step - self.warmup) / (self.total - self.warmup))
        return self.peak * (1 - done if self.kind == "linear" else 0.5 * (1 + cos(pi * done)))

    def is_at(self, value: float, step: float) -> bool:
        """Whether the rate is this schedule's, logged before or after the scheduler's step."""
        return any(abs(value - rate) <= self.slack(rate) for rate in map(self.rate, (step, step - 1, step + 1)))

    def slack(self, rate: float) -> float:
        """How far from this rate a value may be."""
        return max(_NEAR * rate, _NEAR_PEAK * self.peak)


def planned(config: Configuration, total_steps: float | None) -> Schedule | None:
    """The schedule that the configuration gives; None where it gives none or leaves anything open."""
    kind = _KINDS.get(str(config.values.get("schedule") or "").lower())
    peak, warmup = config.number("learning_rate"), config.number("warmup") or 0.0
    total = total_steps or (float("inf") if kind == "constant" else 0.0)
    if kind is None or not peak or peak <= 0 or config.names & _BENDS:
        return None
    if warmup < 0 or 0 < warmup < 1 or total <= warmup:
        return None
    return Schedule(kind, peak, warmup, total)


class ScheduleRule:
    """Compares with the schedule once the run has shown, on its decay too, that it is the one it follows."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self.schedule = context.schedule  # None when there is nothing to compare with
        self.agreed = 0  # points in a row
        self.lowest = float("inf")  # expected rate after the warm-up at these
        self._foreign = 0
        self._episode = context.episode("learning_rate_issue", metric, Rhythm(on=10, off=30, cool=150, settle=1500))

    @property
    def suspected(self) -> bool:
        return self._episode.suspected

    def look(self, value: float) -> None:
        context, schedule = self._context, self.schedule
        if schedule is None:
            return
        if context.configuration_changed:
            self._give_up()
        elif context.step >= schedule.total:
            return
        elif schedule.is_at(value, context.step):
            self.agree(1, self.expected(context.step))
            if self._episode.suspected:
                self._episode.calm(self.agreed)
        elif self._is_sure(schedule):
            self._tell(value, schedule)
        else:
            self.agreed, self._foreign = 0, self._foreign + 1
            if self._foreign >= _FOREIGN:
                self._give_up()

    def expected(self, step: float) -> float:
        """What the schedule gives once it is warm, infinity before."""
        schedule = self.schedule
        return schedule.rate(step) if schedule is not None and step > schedule.warmup else float("inf")

    def agree(self, points: int, lowest: float) -> None:
        """So many points in a row were on the schedule; lowest is the smallest of what was expected of them."""
        self.agreed += points
        self.lowest = min(self.lowest, lowest)

    def _is_sure(self, schedule: Schedule) -> bool:
        """A decay is only known from a stretch that went down: the beginning of every schedule is flat."""
        gone_down = self.lowest < 0.95 * schedule.peak or (schedule.kind == "constant" and self.lowest <= schedule.peak)
        return self.agreed >= _SURE and gone_down

    def _give_up(self) -> None:
        if self._episode.is_open:
            self._episode.end(self.agreed, "settled", ended="the schedule is not compared any more")
        self.schedule = None

    def _tell(self, value: float, schedule: Schedule) -> None:
        context, episode = self._context, self._episode
        if not episode.is_open and context.is_open("learning_rate_issue"):
            return  # its own history has told already
        expected = schedule.rate(context.step)
        was_open = episode.is_open
        episode.trouble(
            self.agreed,
            context.step,
            "warning",
            lambda: {
                "issue": "schedule",
                "value": value,
                "expected": expected,
                "off_percent": 100 * abs(value - expected) / expected if expected else None,
                "schedule": schedule.kind,
                "schedule_peak": schedule.peak,
                "agreed": self.agreed,
            },
            size=abs(value - expected),
        )
        if was_open and not episode.is_open:  # settled: the run has another plan
            self.schedule = None
