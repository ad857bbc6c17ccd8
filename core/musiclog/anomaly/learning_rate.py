"""A learning rate that does what no schedule does, judged on its own history."""

from __future__ import annotations

from collections import deque

from musiclog.anomaly.context import Context
from musiclog.anomaly.episodes import Rhythm
from musiclog.anomaly.schedule import ScheduleRule

_SETTLED = 25  # points without a new maximum after which the maximum counts as the schedule's peak


class LearningRateWatch:
    """Knows the largest rate so far and since when it was not passed."""

    def __init__(self, metric: str, context: Context) -> None:
        self._context = context
        self._count = 0
        self._positive = 0
        self._not_positive = 0
        self._zero_step = 0.0
        self._peak = 0.0
        self._peak_at = 0
        self._settled_peak = 0.0
        self._recent: deque[float] = deque(maxlen=61)
        self._jumps: deque[tuple[int, bool]] = deque(maxlen=8)  # point, upwards
        self._normal = 0.0  # the largest rate before the trouble
        self._episode = context.episode("learning_rate_issue", metric, Rhythm(on=1, off=30, cool=150, settle=1500))
        self._planned = ScheduleRule(metric, context)

    def look(self, value: float) -> None:
        context = self._context
        before = context.learning_rate
        self._count += 1
        context.learning_rate_before = before
        context.learning_rate = value
        self._recent.append(value)
        context.learning_rate_rising = self._count - self._peak_at < 20 and self._peak_at > 1
        if value == before and value > 0 and not self._episode.suspected:
            self._settle_peak()
            self._planned.look(value)
            return
        if value > 0:
            self._judge(value, before)
        elif self._positive:
            self._judge_zero(value)
        if self._episode.is_open != context.learning_rate_trouble:
            context.learning_rate_trouble = self._episode.is_open
            context.learning_rate_trouble_at = context.count
        self._planned.look(value)

    def _judge(self, value: float, before: float | None) -> None:
        self._positive += 1
        self._not_positive = 0
        context = self._context
        if before and before > 0:
            ratio = value / before
            if ratio > 1.8 or ratio < 0.55:
                context.learning_rate_changed_at = context.count
            if ratio > 3 or ratio < 1 / 3:
                self._jumps.append((self._count, ratio > 1))
        issue = self._issue(value, before)
        if issue:
            self._tell(issue, value, before)
        elif self._episode.suspected:
            self._episode.calm(self._count)
        if not self._episode.suspected:
            self._normal = max(self._normal, value)
            context.learning_rate_peak = self._normal
        if value > self._peak * 1.0001:
            self._peak, self._peak_at = value, self._count
        self._settle_peak()

    def _settle_peak(self) -> None:
        if self._count - self._peak_at >= _SETTLED:
            self._settled_peak = self._peak

    def _issue(self, value: float, before: float | None) -> str:
        """The name of what is wrong, or nothing."""
        if self._episode.is_open and value > 2 * self._normal:
            return str(self._episode.evidence.get("issue", "jump"))
        if before and before > 0 and self._count > 5 and value > 2.5 * before and value > 3 * self._normal:
            return "jump"
        if self._settled_peak and value > 2 * self._settled_peak and value > 2.5 * self._recent[0]:
            return "growth"
        recent = [upwards for at, upwards in self._jumps if self._count - at < 8]
        if sum(recent) >= 2 and len(recent) - sum(recent) >= 2:
            return "jitter"
        return ""

    def _judge_zero(self, value: float) -> None:
        self._not_positive += 1
        if self._not_positive == 1:
            self._zero_step = self._context.step
        total = self._context.total_steps
        if total and self._context.step >= 0.95 * total:
            return
        if self._not_positive >= 3:
            self._tell("zero", value, self._normal)

    def _tell(self, issue: str, value: float, before: float | None) -> None:
        if issue == "growth" and not self._episode.is_open:
            # What it grew from is normal, not what it passed on the way.
            self._normal = self._context.learning_rate_peak = self._settled_peak
        normal = self._normal
        grave = issue == "zero" or value > 5 * normal
        self._episode.trouble(
            self._count,
            self._zero_step if issue == "zero" and not self._episode.is_open else self._context.step,
            "critical" if grave else "warning",
            lambda: {
                "issue": issue,
                "value": value,
                "before": before,
                "ratio": value / before if before else None,
                "peak": normal,
                "times_peak": value / normal if normal else None,
            },
            size=value / normal if normal else 0.0,
        )
        if not self._episode.is_open:
            self._normal = max(self._normal, value)
