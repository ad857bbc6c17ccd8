"""How far a chart reaches while nobody zooms: all there is, in steps that the eye need not follow."""

from __future__ import annotations

MARGIN = 0.03  # of the extent, on each side: curves do not touch the frame
LEAST_FILL = 0.8  # of what is shown; data that shrank below this is shown larger


class CalmRange:
    """The shown stretch of one axis. It stands still until the data leave it or fill too little of it.

    A live curve so moves the axis once for every 3 % that it grows, and not thirty times a second: axes are the
    dearest part of a frame, and figures that never rest cannot be read.
    """

    def __init__(self) -> None:
        self._shown: tuple[float, float] | None = None

    def forget(self) -> None:
        """Fit anew at the next extent: the curves are others, or their unit is."""
        self._shown = None

    def around(self, low: float, high: float, least: float) -> tuple[float, float]:
        """The stretch to show for data from low to high. least: the room on each side of a single value."""
        if self._shown is None or not self._fits(low, high, self._shown):
            margin = (high - low) * MARGIN or least
            self._shown = low - margin, high + margin
        return self._shown

    @staticmethod
    def _fits(low: float, high: float, shown: tuple[float, float]) -> bool:
        return shown[0] <= low and high <= shown[1] and high - low >= LEAST_FILL * (shown[1] - shown[0])


def least_room(value: float, axis: str = "") -> float:
    """What to show on each side of a single point: a step, a minute, a tenth of the value."""
    if axis == "step":
        return 1.0
    return 60.0 if axis in ("relative", "wall") else max(abs(value) * 0.1, 1e-9 if value else 0.5)
