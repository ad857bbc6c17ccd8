"""Figures as people write them in a query: 1e-3, 10k, 2.5M, 50%, 90s, 2h."""

from __future__ import annotations

import math
import re
from typing import Any, Final

_NUMBER: Final = re.compile(r"([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(k|M|G|%)?")
_FACTORS: Final = {None: 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "%": 1e-2}
_SPAN: Final = re.compile(r"(\d+\.?\d*|\.\d+)(sec|s|min|m|h|d|w)")
_SECONDS: Final = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_WORDS: Final = {"nan": math.nan, "inf": math.inf, "infinity": math.inf, "-inf": -math.inf, "-infinity": -math.inf}


def number(text: str) -> float | None:
    """The number that text spells, also nan and inf; None where it spells none."""
    if text.casefold() in _WORDS:
        return _WORDS[text.casefold()]
    found = _NUMBER.fullmatch(text)
    return float(found[1].replace("_", "")) * _FACTORS[found[2]] if found else None


def span_s(text: str) -> float | None:
    """Seconds of 90s, 2h, 1h30min, 3d; None where text spells no length of time."""
    pieces = list(_SPAN.finditer(text.casefold()))
    if not pieces or "".join(piece[0] for piece in pieces) != text.casefold():
        return None
    return sum(float(piece[1]) * _SECONDS[piece[2]] for piece in pieces)


def as_number(value: Any) -> float | None:
    """A configuration value as a number: those written as text count, since many files keep 1e-3 so."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _float(value)
    return number(value) if isinstance(value, str) else None


def as_text(value: Any) -> str:
    """A configuration value as it is compared with text: true, null, 0.001, [1, 2]."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def equal_numbers(one: float, other: float) -> bool:
    """NaN is NaN here: `total_loss=nan` finds what broke."""
    return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))


def _float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond 1e308 in a configuration
        return math.copysign(math.inf, value)
