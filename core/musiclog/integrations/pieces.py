"""Ask a model for pieces of music and log what it wrote, so that a fault in the asking never costs a training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import MidiError
from ..run import Run
from ..sample_files import Sample, store, suffix


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


def log_pieces(make: Callable[[], Any], run: Run, *, step: int, epoch: int, score_now: bool = False) -> float | None:
    """Log what make gives; their mean quality when they are scored at once, which takes tens of milliseconds each.

    What make raises is said once, and training goes on without these samples.
    """
    try:
        pieces = [_as_made(each) for each in _listed(make())]
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
    from ..quality import mean_quality  # noqa: PLC0415 - only for those who score here

    quality = mean_quality(cards)
    run.log(step, quality, epoch=epoch)
    return quality.get("quality/overall")


def _score(sample: Sample, run: Run) -> Any:
    from ..notes import read_notes  # noqa: PLC0415 - as above
    from ..quality import score  # noqa: PLC0415

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
