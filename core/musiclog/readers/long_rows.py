"""Rows of one value each, as databases and files of one metric bring them, to points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..records import Floats, Points


def long_points(names: Sequence[str], steps: Floats, times: Floats, values: Floats) -> dict[str, Points]:
    """Points of every name, in the order of the rows. Equal steps and times become the same arrays."""
    codes: dict[str, int] = {}
    code = np.fromiter((codes.setdefault(name, len(codes)) for name in names), np.intp, len(names))
    order = np.argsort(code, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(code[order])) + 1) if len(order) else []
    return shared({name: (steps[part], times[part], values[part]) for name, part in zip(codes, parts, strict=True)})


def shared(columns: Mapping[str, tuple[Floats, Floats, Floats]]) -> dict[str, Points]:
    """Steps, times and values of metrics as points; metrics that were logged together share their arrays."""
    known: dict[bytes, tuple[Floats, Floats, Floats]] = {}
    found = {}
    for name, (steps, times, values) in columns.items():
        axes = known.setdefault(steps.tobytes() + times.tobytes(), (steps, times, np.full(len(steps), np.nan)))
        found[name] = Points(*axes, values)
    return found
