"""run.json and config.json: what a run is, what it was before, and whether somebody else is writing it."""

from __future__ import annotations

import dataclasses
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from .errors import RunError
from .processes import is_gone
from .scalars import json_ready
from .writer import write_whole

_PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def as_config(config: object) -> dict[str, Any]:
    """A mapping, dataclass or argparse namespace as plain JSON values; RunError for anything else."""
    if config is None:
        return {}
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        config = dataclasses.asdict(config)
    elif not isinstance(config, Mapping) and hasattr(config, "__dict__") and not isinstance(config, type):
        config = vars(config)
    if not isinstance(config, Mapping):
        raise RunError(f"config is {type(config).__name__}; give a mapping such as {{'training': {{'lr': 0.001}}}}")
    return {str(key): json_ready(value) for key, value in config.items()}


def read_json(path: Path) -> dict[str, Any]:
    """The mapping in path; empty when the file is missing or broken, as after a crash of another writer."""
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Pretty, for people, and never seen half. Raises OSError."""
    write_whole(path, orjson.dumps(json_ready(content), option=_PRETTY))


def is_being_written(run: Mapping[str, Any], now: float) -> bool:
    """Whether run.json's writer still works: running, its process alive on this machine, its heartbeat kept.

    A run of another machine counts as interrupted: preempted jobs come back on other hosts.
    """
    if run.get("state") != "running" or now - float(run.get("heartbeat") or 0) > _patience_s(run):
        return False
    pid = run.get("pid")
    return run.get("host") == platform.node() and isinstance(pid, int) and pid != os.getpid() and not is_gone(pid)


def differences(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> dict[str, list[Any]]:
    """{"training.lr": [old, new]} for every leaf that differs; a missing one is None."""
    changed: dict[str, list[Any]] = {}
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            changed.update(differences(before, after, f"{prefix}{key}."))
        elif before != after:
            changed[f"{prefix}{key}"] = [before, after]
    return changed


def _patience_s(run: Mapping[str, Any]) -> float:
    return 3 * float(run.get("heartbeat_promise_s") or 10.0)
