"""Round places along a scale, for pictures that are painted by hand."""

from __future__ import annotations

import math


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many values 1, 2 or 5 times a power of ten apart, inside the scale."""
    if not (math.isfinite(low) and math.isfinite(high)) or not high > low:
        return []
    step = 10.0 ** math.floor(math.log10((high - low) / max(most, 1)))
    step *= next((factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= max(most, 1)), 10)
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 12) + 0.0 for place in range(first, math.floor(high / step + 1e-9) + 1)]
