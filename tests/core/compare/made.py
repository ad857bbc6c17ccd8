"""Runs with known results, made in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from musiclog.records import Event, News, Points, RunInfo, RunRef, SampleFile
from musiclog.run_data import RunData


def made_run(
    name: str,
    config: Mapping[str, Any] | None = None,
    *,
    started: float = 1000.0,
    seconds_a_step: float = 1.0,
    samples: Sequence[tuple[str, float]] = (),
    alerts: int = 0,
    **metrics: Sequence[float],
) -> RunData:
    """metrics: values at steps 0, 1, ...; samples: (prompt, overall quality), all written at the last step."""
    data = RunData(RunRef(f"/runs/{name}", "made", name))
    points = {}
    for metric, values in metrics.items():
        steps = np.arange(len(values), dtype=np.float64)
        points[metric.replace("__", "/")] = Points(
            steps, started + seconds_a_step * steps, np.full(len(values), math.nan), np.array(values, dtype=np.float64)
        )
    last = max((len(values) for values in metrics.values()), default=1) - 1.0
    files = tuple(
        SampleFile(f"/runs/{name}/{number}.mid", str(number), step=last, prompt=prompt, card={"overall": quality})
        for number, (prompt, quality) in enumerate(samples)
    )
    events = tuple(Event("alert", 0.0, None, None, {"id": str(number)}) for number in range(alerts))
    data.absorb(News(points=points, config=config or {}, info=RunInfo(name, "made", started=started), samples=files,
                     events=events))  # fmt: skip
    return data


def repeated(finals: Mapping[Any, Sequence[float]], key: str = "lr", seeds: bool = True) -> list[RunData]:
    """For every value of a setting one run a final loss; seeds 0, 1, ... are the same for all values."""
    return [
        made_run(f"{key}{value}-{seed}", {key: value, "seed": seed if seeds else f"{value}-{seed}"},
                 total_loss=[final + 2, final + 1, final])
        for value, results in finals.items() for seed, final in enumerate(results)
    ]  # fmt: skip
