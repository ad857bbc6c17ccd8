"""Where everything lies in a run folder, and what new runs are called."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

SCHEMA = 1  # of run.json; raised when a reader of an older version could misread the folder

RUN = "run.json"
CONFIG = "config.json"
METRICS = "metrics.jsonl"
EVENTS = "events.jsonl"
DATA_USAGE = "data_usage.jsonl"
SAMPLES = "samples"
TEXT_LOG = "logs/training.log"
REPORT = "report.md"


def of_rank(name: str, rank: int) -> str:
    """metrics.jsonl -> metrics.rank3.jsonl; rank 0 writes the plain name."""
    if rank == 0:
        return name
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.rank{rank}{dot}{suffix}"


def slug(text: str) -> str:
    """text as a file name that every system takes; "run" when nothing is left of it."""
    return re.sub(r"[^\w.+-]+", "-", text).strip("-.")[:80] or "run"


def new_id(name: str, started: float) -> str:
    """Such as bach-gru_20261123-101500_9c0d46d8: readable, sorts by time, never given twice."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(started))
    return f"{slug(name)}_{stamp}_{os.urandom(4).hex()}"


def is_id(text: str) -> bool:
    """Whether text could have come from new_id()."""
    return re.search(r"_\d{8}-\d{6}_[0-9a-f]{8}$", text) is not None


def is_run(folder: Path) -> bool:
    return (folder / RUN).is_file()


def sample_stem(epoch: float | None, step: float | None, index: int) -> str:
    """epoch_0005_00, or step_00001204_00 where no epochs are counted."""
    if epoch is not None:
        return f"epoch_{int(epoch):04d}_{index:02d}"
    if step is not None:
        return f"step_{int(step):08d}_{index:02d}"
    return f"sample_{index:04d}"
