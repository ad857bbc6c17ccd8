"""Arrays and tensors to histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Counts


def count(values: Any, bins: int) -> Counts | None:
    """values: anything numpy takes, or a tensor; None where none of them is finite."""
    if hasattr(values, "detach"):
        values = values.detach().float().cpu().numpy()  # numpy knows no bfloat16
    flat = np.asarray(values, np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    if not len(finite):
        return None
    counts, edges = np.histogram(finite, bins)
    return Counts(tuple(counts.tolist()), tuple(edges.tolist()))
