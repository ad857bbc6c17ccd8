"""What a rule must know beyond its own metric: where the run stands and what was changed on purpose."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from musiclog.anomaly.episodes import Episode, Rhythm

if TYPE_CHECKING:
    from musiclog.anomaly.schedule import Schedule

LONG_AGO = -(10**9)
# How much more than normal a rule must see, by sensitivity.
CAUTION = {"low": 1.5, "normal": 1.0, "high": 0.75}


class Context:
    """The present point and the recent deliberate changes, written by the monitor and the watches, read by rules.

    count is the number of steps seen; everything ending in _at is a value of it.
    """

    def __init__(
        self,
        tell: Callable[[Episode, str], None],
        total_steps: float | None = None,
        sensitivity: str = "normal",
    ) -> None:
        self.caution = CAUTION[sensitivity]
        self.step = 0.0
        self.time: float | None = None
        self.epoch: float | None = None
        self.count = 0
        self.steps_per_point = 1.0
        self.total_steps = total_steps
        self.schedule: Schedule | None = None  # of the learning rate, where the configuration gives one
        self.configuration_changed = False  # since the run began
        self.broken: list[str] = []  # names of this row that are not finite
        self.learning_rate: float | None = None
        self.learning_rate_before: float | None = None
        self.learning_rate_peak = 0.0
        self.learning_rate_changed_at = LONG_AGO  # a jump, a restart or a step of decay
        self.gradient_norm: float | None = None
        self.gradient_ratio = 1.0  # to its median, at gradient_at
        self.gradient_over_largest = 1.0  # to the largest of its window
        self.gradient_surprise = 0.0  # the same in robust standard deviations of its logarithm
        self.gradient_at = LONG_AGO
        self.gradient_p90: float | None = None
        self.loss: float | None = None
        self.loss_median: float | None = None
        self.loss_sigma = 0.0  # robust standard deviation around the median
        self.loss_surprise = 0.0
        self.loss_at = LONG_AGO
        self.loss_start: float | None = None  # median of the first points
        self.loss_scale: float | None = None
        self.adversarial = False
        self.weights_changed_at = LONG_AGO
        self.resumed_at = LONG_AGO
        self.learning_rate_rising = False
        self.learning_rate_trouble_at = LONG_AGO  # when the open alert on it began
        self.learning_rate_trouble = False
        self.memory: float | None = None
        self.memory_moved_at = LONG_AGO  # its level rose or fell: the work of a step was changed
        self.memory_capacity: float | None = None
        self.train_loss: float | None = None  # as the trainer gives it, until an evaluation takes it
        self.last_train_loss: float | None = None
        self.last_validation_loss: float | None = None
        self.loss_sum = 0.0  # of the training loss since the last evaluation
        self.loss_count = 0
        self.validation_improved_at = LONG_AGO
        self.validation_best: tuple[float, float] | None = None  # step, value
        self.checkpoints: deque[tuple[float, str, bool]] = deque(maxlen=64)  # step, path, best
        self.files: deque[tuple[float, str]] = deque(maxlen=256)  # step, name of a training file
        self.parts: dict[str, deque[float]] = {}  # recent values of the loss's parts
        self.open: list[Episode] = []
        self.later: list[Callable[[], None]] = []  # what waits for the rest of the row
        self._tell = tell

    def advance(self, step: float) -> None:
        """The next step."""
        if self.count:
            self.steps_per_point = step - self.step
        self.count += 1
        self.step = step

    def resumed(self, step: float) -> None:
        """The run went on from an earlier step."""
        self.count += 1
        self.step = step
        self.resumed_at = self.count

    def episode(self, kind: str, metric: str, rhythm: Rhythm) -> Episode:
        """A new episode machine that reports here."""
        return Episode(kind, metric, rhythm, self._tell)

    def is_open(self, kind: str) -> bool:
        return any(episode.kind == kind for episode in self.open)

    def since(self, at: int) -> int:
        """Steps seen since then."""
        return self.count - at

    @property
    def fresh_learning_rate_trouble(self) -> bool:
        """Whether the learning rate went wrong lately: its consequences are likely, so they need less evidence."""
        return self.learning_rate_trouble and self.count - self.learning_rate_trouble_at <= 200

    @property
    def has_learnt(self) -> bool:
        """Whether the loss came down clearly from where it began."""
        start, now = self.loss_start, self.loss_median
        return start is not None and now is not None and start - now > 0.1 * abs(start)

    def files_around(self, step: float, reach: float = 1) -> list[str]:
        """Training files used within `reach` steps before and at the step, newest last."""
        names = [name for when, name in self.files if step - reach <= when <= step]
        return list(dict.fromkeys(names))

    def checkpoint_before(self, step: float) -> tuple[float, str] | None:
        """Step and path of the newest checkpoint at or before a step."""
        earlier = [(when, path) for when, path, _ in self.checkpoints if when <= step]
        return max(earlier, default=None)

    def take_train_loss(self) -> float | None:
        """The mean training loss since the last evaluation; starts a new mean."""
        mean = self.loss_sum / self.loss_count if self.loss_count else None
        given, self.train_loss = self.train_loss, None
        self.loss_sum, self.loss_count = 0.0, 0
        return given if given is not None else mean

    def heard(self, kind: str, step: float | None, data: Mapping[str, Any]) -> None:
        """Take in an event of the run: a resume, a checkpoint, a training file."""
        at = self.step if step is None else step
        if kind == "resume":
            self.resumed_at = self.count
            self.configuration_changed = self.configuration_changed or bool(data.get("config_changed"))
        elif kind == "checkpoint":
            self.checkpoints.append((at, str(data.get("path", data.get("file", ""))), bool(data.get("best"))))
        elif kind in ("data_usage", "data"):
            name = data.get("name") or data.get("file_name") or data.get("file")
            if name:
                self.files.append((at, str(name)))
