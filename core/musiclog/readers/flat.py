"""Nested records to flat ones: {"loss": {"kl": 1}} becomes {"loss/kl": 1}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 8


def flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Every value that is no mapping under the path of its keys; what lies deeper than eight levels is left out."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if not isinstance(value, dict):
            found[f"{prefix}{key}"] = value
        elif depth < DEEPEST:
            found.update(flat(value, f"{prefix}{key}/", depth + 1))
    return found
