"""The library works where Qt and its friends cannot be imported, and training pays for nothing that it does not use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

IMPORT_ALL = """
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"PySide6", "shiboken6", "pyqtgraph", "pygame", "musiclog_gui"}:
            raise ImportError(f"{name} may not be imported by the library")

sys.meta_path.insert(0, Refuse())
import musiclog
from musiclog.errors import ExtraMissing
for module in pkgutil.walk_packages(musiclog.__path__, "musiclog."):
    try:
        importlib.import_module(module.name)
    except ExtraMissing:  # an integration, on a machine without the library that it is for
        assert module.name.startswith("musiclog.integrations.")
    print(module.name)
"""

HEAVY = ("numpy", "symusic", "mido", "rich", "importlib.metadata", "asyncio", "multiprocessing")
IMPORT_LIGHTLY = f"""
import sys, musiclog
musiclog.Run
print([name for name in {HEAVY} if name in sys.modules])
"""


def python(program: str) -> str:
    """What a fresh interpreter prints; its complaint is the test's when it fails."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_of_the_library_imports_without_qt():
    names = python(IMPORT_ALL).split()
    library = ROOT / "core/musiclog"
    files = {p for p in library.rglob("*.py") if p.name != "__init__.py" and library / "integrations" not in p.parents}
    assert len(names) >= len(files)
    assert {"musiclog.run", "musiclog.cli", "musiclog.doctor", "musiclog.readers.own"} <= set(names)


def test_import_musiclog_is_light():
    assert python(IMPORT_LIGHTLY).strip() == "[]"
