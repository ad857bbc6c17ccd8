"""Settings that a tracker keeps as text, as the values that they were."""

from __future__ import annotations

from typing import Any

from .lines import loads

_WORDS = {"None": None, "True": True, "False": False}


def literal(text: str) -> Any:
    """Numbers, words of Python and JSON lists and objects; whatever else stays the text that it is."""
    if text in _WORDS:
        return _WORDS[text]
    try:
        return loads(text.encode()) if text[:1] in "[{-.0123456789" else text
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
