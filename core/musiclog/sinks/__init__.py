"""What a Run also writes to: TensorBoard, Weights & Biases, the console, and what other packages bring.

A sink is told what the run was told, a moment later and from a thread of its own, so that nothing it does, however slow
or broken, holds up the training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import RunError

if TYPE_CHECKING:
    from ..progress import Estimate

GROUP: Final = "musiclog.sinks"
BUILT_IN: Final = (
    EntryPoint("tensorboard", "musiclog.sinks.tensorboard:TensorBoard", GROUP),
    EntryPoint("wandb", "musiclog.sinks.wandb:WeightsAndBiases", GROUP),
    EntryPoint("console", "musiclog.sinks.console:Console", GROUP),
)


@dataclass(frozen=True, slots=True)
class About:
    """The run that a sink is opened for. started: Unix seconds."""

    folder: Path
    name: str
    id: str
    config: Mapping[str, Any]
    tags: tuple[str, ...]
    started: float
    resumed: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How values are distributed: counts[i] of them lie between edges[i] and edges[i + 1]."""

    counts: tuple[int, ...]
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """When in the training something was. t: Unix seconds; step and epoch are None where the run has not said them."""

    step: float | None
    t: float
    epoch: float | None


class Sink:
    """Write one of your own by overriding what it needs; all is called in one thread, in the order of the run.

    What it raises is said once and counted, and the next call comes all the same; where open() raises, none does.
    """

    name = "sink"

    def open(self, about: About) -> None:
        """Before everything else. This is the place for heavy imports."""

    def points(self, at: Moment, metrics: Mapping[str, float]) -> None:
        """The numbers of one step, NaN and infinity among them; at.step is known here."""

    def histogram(self, at: Moment, name: str, counts: Counts) -> None:
        """What Run.log_histogram() was told."""

    def event(self, at: Moment, kind: str, data: Mapping[str, Any]) -> None:
        """What stands in events.jsonl: sample, card, alert, checkpoint, note, epoch_start, epoch_end, resume, ..."""

    def beat(self, now: float, progress: Estimate) -> None:
        """Four times a second while the run goes on, with how far it is."""

    def close(self, state: str) -> None:
        """The run is finished, stopped or crashed. Nothing is called after this."""

    def leave(self) -> None:
        """In a forked child, which tells nothing: let go of what was taken of the whole process."""


def choose(wanted: Sequence[str | Sink]) -> list[Sink]:
    """Sinks by name, built in or of other packages, and sinks as they are.

    Raises RunError for one that there is not, with the names there are, and for one whose module cannot be loaded.
    What a sink misses when it opens, such as the package wandb, is said then, and the training goes on.
    """
    return [each if isinstance(each, Sink) else _named(each) for each in wanted]


def _named(name: str) -> Sink:
    known = {point.name: point for point in (*BUILT_IN, *entry_points(group=GROUP))}
    if name not in known:
        raise RunError(f"there is no sink {name!r}; there are {', '.join(sorted(known))}")
    try:
        made = known[name].load()()
    except Exception as error:
        raise RunError(f"the sink {name!r} cannot be used: {error}") from error
    if not isinstance(made, Sink):
        raise RunError(f"the sink {name!r} ({known[name].value}) is no musiclog.sinks.Sink")
    return made
