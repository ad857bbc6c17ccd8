"""Make plain JSON numbers of what trainers log: Python, numpy and torch scalars, nested mappings, NaN."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

Number = float | int
NAMES_OF_NONFINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_LARGEST_INT = 2**63 - 1  # JSON writers and readers agree up to here


def number(value: Any) -> Number | None:
    """value as a plain number; None when it is none (text, arrays, None). Tensors of one element count."""
    if isinstance(value, (str, bytes, Mapping)) or value is None:
        return None
    try:
        if not isinstance(value, (bool, int, float)):
            value = value.item() if hasattr(value, "item") else float(value)
        if isinstance(value, (bool, int)):
            return int(value) if abs(value) <= _LARGEST_INT else float(value)
        return float(value) if isinstance(value, float) else None
    except Exception:  # noqa: BLE001 - tensors of any library raise what they like; it only means "not a number"
        return None


def flatten(metrics: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """{"loss": {"kl": 1}} -> ("loss/kl", 1)."""
    for key, value in metrics.items():
        name = prefix + str(key)
        if isinstance(value, Mapping):
            yield from flatten(value, name + "/")
        else:
            yield name, value


def tidy(metrics: Mapping[Any, Any]) -> tuple[dict[str, Number], list[str]]:
    """The numbers among metrics under flat names, and the names of what was none. None values are left out silently."""
    numbers: dict[str, Number] = {}
    nonsense: list[str] = []
    for name, value in flatten(metrics):
        found = number(value)
        if found is not None:
            numbers[name.encode("utf-8", "replace").decode()] = found
        elif value is not None:
            nonsense.append(name)
    return numbers, nonsense


def spelled(value: float) -> float | str:
    """JSON has no NaN and no infinity: they travel as text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def json_ready(value: Any) -> Any:
    """Anything at all as something JSON can say: mappings, sequences, scalars; the rest as its text."""
    if isinstance(value, (str, bool)) or value is None:
        return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_ready(item) for item in value]
    found = number(value)
    if found is not None:
        return spelled(found)
    if hasattr(value, "tolist"):
        return json_ready(value.tolist())
    return str(value)
