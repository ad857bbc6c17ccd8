"""How fast a training is and how much memory it holds, asked seldom enough to cost nothing."""

from __future__ import annotations

from time import perf_counter

from ..memory import gpu_gb, ram_gb

_MEMORY_EVERY_S = 1.0  # it changes slowly, and asking costs some ten microseconds


class Meter:
    """Tells figures of the time between two calls of figures(), which stand between two steps."""

    def __init__(self) -> None:
        self._since = perf_counter()
        self._waited_s = 0.0
        self._memory: dict[str, float] = {}
        self._memory_at = 0.0

    def pause_ends(self) -> None:
        """What lies before was no training: validation, samples, checkpoints."""
        self._since, self._waited_s = perf_counter(), 0.0

    def waited(self, seconds: float) -> None:
        """So long was waited for data."""
        self._waited_s += seconds

    def figures(self, samples: float, tokens: float) -> dict[str, float]:
        now = perf_counter()
        seconds = max(now - self._since, 1e-9)
        found = {"throughput/samples_per_second": samples / seconds}
        if tokens:
            found["throughput/tokens_per_second"] = tokens / seconds
        found["throughput/data_wait_share"] = min(self._waited_s / seconds, 1.0)
        self._since, self._waited_s = now, 0.0
        if now - self._memory_at >= _MEMORY_EVERY_S:
            self._memory, self._memory_at = memory_figures(), now
        return found | self._memory


def memory_figures() -> dict[str, float]:
    """What this process holds and its GPU has, in GB; nothing where it cannot be told."""
    used, total = gpu_gb()
    asked = {"memory/ram_gb": ram_gb(), "memory/gpu_used_gb": used, "memory/gpu_total_gb": total}
    return {name: round(value, 4) for name, value in asked.items() if value is not None}
