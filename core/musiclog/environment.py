"""Record where a run happens, without importing or starting anything that training did not ask for."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

# What decides the outcome of such trainings; the full list would be pip freeze.
PACKAGES = (
    "musiclog", "numpy", "torch", "tensorflow", "keras", "jax", "flax", "lightning", "pytorch-lightning",
    "transformers", "accelerate", "datasets", "miditok", "symusic", "mido", "pretty_midi", "music21", "muspy",
    "scipy", "orjson",
)  # fmt: skip


def describe() -> dict[str, Any]:
    """Host, process, interpreter, package versions, git commit and accelerator, as far as they can be known."""
    return {
        "host": platform.node() or None,
        "pid": os.getpid(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "program": sys.argv[0] if sys.argv else None,  # without arguments, which may hold secrets
        "packages": package_versions(),
        **git_state(Path.cwd()),
        **accelerator(),
    }


def package_versions() -> dict[str, str]:
    """Installed versions, from the packages' metadata files."""
    from importlib import metadata  # noqa: PLC0415 - 20 ms, paid when a run opens and not by import musiclog

    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except (metadata.PackageNotFoundError, OSError, ValueError):
            continue
    return found


def git_state(start: Path) -> dict[str, str | None]:
    """git_commit and git_branch of the repository around start, read from its files; None outside of one."""
    try:
        place = _git_folder(start)
        head = (place / "HEAD").read_text("utf-8").strip() if place else ""
    except OSError:
        return {"git_commit": None, "git_branch": None}
    if place is None or not head.startswith("ref: "):
        return {"git_commit": head or None, "git_branch": None}
    ref = head.removeprefix("ref: ")
    return {"git_commit": _resolve(place, ref), "git_branch": ref.removeprefix("refs/heads/")}


def accelerator() -> dict[str, Any]:
    """GPU name and CUDA version when this process already uses torch."""
    torch = sys.modules.get("torch")
    try:
        if torch is None or not torch.cuda.is_initialized():
            return {}
        return {"device": torch.cuda.get_device_name(), "cuda": torch.version.cuda}
    except Exception:  # noqa: BLE001 - a driver that cannot answer is no reason to stop a training
        return {}


def _git_folder(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        git = folder / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # a worktree or a submodule: "gitdir: <path>"
            return (folder / git.read_text("utf-8").partition("gitdir:")[2].strip()).resolve()
    return None


def _resolve(git: Path, ref: str) -> str | None:
    common = git / "commondir"
    shared = (git / common.read_text("utf-8").strip()) if common.is_file() else git
    for place in (git, shared):
        if (place / ref).is_file():
            return (place / ref).read_text("utf-8").strip()
    packed = shared / "packed-refs"
    if not packed.is_file():
        return None
    for line in packed.read_text("utf-8").splitlines():
        commit, _, name = line.partition(" ")
        if name == ref:
            return commit
    return None
