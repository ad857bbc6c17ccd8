"""Ask how much memory training uses, without importing or starting anything."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def ram_gb() -> float | None:
    """Resident memory of this process in GB; None where the system has no cheap way to tell."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e9
    except (OSError, ValueError, AttributeError, IndexError):
        return None


def gpu_gb() -> tuple[float | None, float | None]:
    """Used and total memory of the GPU that this process uses through torch, in GB."""
    torch = sys.modules.get("torch")
    try:
        if torch is None or not torch.cuda.is_initialized():
            return None, None
        free, total = torch.cuda.mem_get_info()
        return (total - free) / 1e9, total / 1e9
    except Exception:  # noqa: BLE001 - a driver that cannot answer is no reason to stop a training
        return None, None
