"""Measure in a process of its own, so that nobody pays for what another one imported, and nobody's end ends all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Modules are compiled once, as everywhere; some machines that build things are told to keep no compiled ones.
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


class Failed(Exception):
    """The child did not come to an end; its words are the reason."""


def ask(module: str, *arguments: str, within_s: float = 120, environment: Mapping[str, str] | None = None) -> Any:
    """What `python -m benchmarks.module arguments... FILE` wrote to FILE, as JSON. Raises Failed."""
    with tempfile.TemporaryDirectory() as place:
        told = Path(place, "told.json")
        run([sys.executable, "-m", f"benchmarks.{module}", *arguments, str(told)], within_s, environment)
        if not told.exists():
            raise Failed("ended without a word")
        return json.loads(told.read_text())


def run(command: Sequence[str], within_s: float, environment: Mapping[str, str] | None = None) -> str:
    """Its standard output. Raises Failed with the last line of its error output, or when it takes too long."""
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **COMPILED, **(environment or {})}, start_new_session=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as child:  # fmt: skip
        try:
            said, complained = child.communicate(timeout=within_s)
        except subprocess.TimeoutExpired as error:
            end(child)
            raise Failed(f"took longer than {within_s:g} s") from error
        if child.returncode:
            raise Failed(_reason(complained) or f"ended with {child.returncode}")
        return said


def end(child: subprocess.Popen[Any]) -> None:
    """End a child that was started in a session of its own, and all that it started."""
    if hasattr(os, "killpg"):
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()


def _reason(complained: str) -> str:
    lines = [line.strip() for line in complained.splitlines() if line.strip()]
    return lines[-1][:160] if lines else ""
