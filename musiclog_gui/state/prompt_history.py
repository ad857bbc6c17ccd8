"""The samples of one prompt or seed in the order in which the run wrote them: how it learned to continue it."""

from __future__ import annotations

from collections.abc import Sequence

from .samples import Key, SampleRow
from .wording import one_line


def history(rows: Sequence[SampleRow], key: Key | None) -> list[SampleRow]:
    """Those of the sample's own run with its prompt, without a prompt its seed; empty where it has neither."""
    here = next((row for row in rows if row.key == key), None)
    if here is None:
        return []
    way = "prompt" if here.file.prompt is not None else "seed"
    wanted = getattr(here.file, way)
    if wanted is None:
        return []
    same = [row for row in rows if row.run_id == here.run_id and getattr(row.file, way) == wanted]
    return sorted(same, key=lambda row: (_place(row.file.step), _place(row.file.epoch), row.file.name))


def prompt_words(row: SampleRow) -> str:
    """What a sample continues, in words: its prompt, without one its seed; empty where it has neither."""
    if row.file.prompt is not None:
        return one_line(row.file.prompt, 90)
    return "" if row.file.seed is None else f"Seed {row.file.seed}"


def nearest(rows: Sequence[SampleRow], step: float) -> int | None:
    """Which of them was written nearest to a step."""
    known = [(abs(row.file.step - step), place) for place, row in enumerate(rows) if row.file.step is not None]
    return min(known)[1] if known else None


def _place(value: float | None) -> float:
    return float("-inf") if value is None else value
