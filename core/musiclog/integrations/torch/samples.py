"""Let the model write, at times that the configuration names, and log and score what it wrote."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from ...run import Run
from ...sample_files import Sample, store, suffix
from .randomness import lent_randomness


@dataclass(frozen=True, slots=True)
class MadeSample:
    """A piece that a model wrote: a path, bytes, or a symusic, mido or pretty_midi object; and how it was asked for."""

    midi: Sample
    prompt: str | None = None
    seed: int | None = None
    temperature: float | None = None
    name: str | None = None


# sample_fn(model, step, epoch): one piece or several, each as it is or as a MadeSample.
SampleFn = Callable[[Any, int, int], Any]


def write_samples(
    sample_fn: SampleFn, model: Any, run: Run, *, step: int, epoch: int, seed: int | None, score_now: bool
) -> float | None:
    """Log what sample_fn gives; the mean quality when it is scored at once. Training draws and learns as without it.

    What sample_fn raises is said once, and training goes on without these samples.
    """
    try:
        with lent_randomness(seed), evaluating(model), torch.no_grad():
            pieces = [_as_made(each) for each in _listed(sample_fn(model, step, epoch))]
    except Exception as error:  # noqa: BLE001 - the user's function; hours of training are worth more than samples
        run.notices.say("sample_fn", f"sample_fn failed at step {step} ({error!r}); training goes on")
        return None
    cards = []
    for piece in pieces:
        card = _score(piece.midi, run) if score_now else None
        run.log_sample(
            piece.midi, step=step, epoch=epoch, name=piece.name, prompt=piece.prompt, seed=piece.seed,
            temperature=piece.temperature, card=None if card is None else card.as_dict(),
        )  # fmt: skip
        cards += [] if card is None else [card]
    if not cards:
        return None
    from ...quality import mean_quality  # noqa: PLC0415 - only for those who score here

    quality = mean_quality(cards)
    run.log(step, quality, epoch=epoch)
    return quality.get("quality/overall")


@contextlib.contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """The model in evaluation mode; afterwards every part of it is in the mode in which it was."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _score(sample: Sample, run: Run) -> Any:
    from ...errors import MidiError  # noqa: PLC0415 - as above
    from ...notes import read_notes  # noqa: PLC0415
    from ...quality import score  # noqa: PLC0415

    try:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"sample{suffix(sample)}"
            store(sample, path)
            return score(read_notes(path))
    except (MidiError, OSError, TypeError) as error:
        run.notices.say("scoring trouble", f"a sample has no score: {error}")
        return None


def _listed(made: Any) -> Iterable[Any]:
    if made is None:
        return ()
    return made if isinstance(made, list | tuple | Iterator) else (made,)


def _as_made(piece: Any) -> MadeSample:
    return piece if isinstance(piece, MadeSample) else MadeSample(piece)
