"""A sample as a small picture of its notes. No Qt here, because worker processes paint it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """ink: height rows of width bytes, 0 (paper) to 255; high pitches above. four_bars_s: how long four bars last."""

    path: str
    width: int
    height: int
    ink: bytes
    four_bars_s: float
