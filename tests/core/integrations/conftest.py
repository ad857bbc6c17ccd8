"""What the tests of integrations share. They skip, and name the extra, where their library is not installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

HERE = Path(__file__).parent


@pytest.fixture
def lines():
    """The records of a file of JSON lines."""
    return lambda path: [orjson.loads(line) for line in Path(path).read_bytes().splitlines()]


@pytest.fixture(scope="session")
def small() -> ModuleType:
    """A small model and data, as a module; it is also the program that tests start as a process."""
    spec = importlib.util.spec_from_file_location("small_training", HERE / "small_training.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def curve(lines):
    """step -> value of one metric as the run's folder has it, exactly."""

    def read(folder: Path, name: str) -> dict[Any, Any]:
        return {row["step"]: row[name] for row in lines(folder / "metrics.jsonl") if name in row}

    return read
