"""How good a run's samples are: from the score cards that it wrote, or that somebody made of its files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..records import SampleFile
from ..run_data import RunData
from .alignment import Alignment

Cards = Mapping[str, Mapping[str, Any]]  # path of a sample -> its score card as plain values
NO_PROMPT = ""


def sample_values(data: RunData, alignment: Alignment, cards: Cards | None = None) -> dict[str, list[float]]:
    """Overall quality of the samples of the run's newest round by then, by prompt. Empty where nothing was scored.

    A round is what was generated at the same step: earlier rounds show how the model was, not what it is.
    """
    scored = [(sample, value) for sample in data.samples.values()
              if _by_then(sample, data, alignment) and (value := overall(sample, cards)) is not None]  # fmt: skip
    newest = max((_place(sample) for sample, _ in scored), default=None)
    found: dict[str, list[float]] = {}
    for sample, value in scored:
        if _place(sample) == newest:
            found.setdefault(sample.prompt or NO_PROMPT, []).append(value)
    return found


def overall(sample: SampleFile, cards: Cards | None = None) -> float | None:
    """The overall quality of one sample, by the card given for its path or the one that the run wrote beside it."""
    card = (cards or {}).get(sample.path) or sample.card or {}
    value = card.get("overall")
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known and value is not None else None


def prompt_means(samples: Mapping[str, Iterable[float]]) -> dict[str, float]:
    """The mean of each named prompt."""
    listed = {prompt: list(values) for prompt, values in samples.items() if prompt != NO_PROMPT}
    return {prompt: sum(values) / len(values) for prompt, values in listed.items() if values}


def _place(sample: SampleFile) -> float:
    return next((float(x) for x in (sample.step, sample.epoch) if x is not None), -math.inf)


def _by_then(sample: SampleFile, data: RunData, alignment: Alignment) -> bool:
    if alignment.by is None or alignment.at is None:
        return True
    if alignment.by == "step":
        return sample.step is not None and sample.step <= alignment.at
    if alignment.by == "time":
        return sample.time is not None and data.origin is not None and sample.time - data.origin <= alignment.at
    return False  # samples do not tell how many tokens had been seen
