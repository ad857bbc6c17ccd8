"""The guide builds as a site without a warning, and every link in it and in the README leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\]\(([^)#\s]+)")


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="needs the extra docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # a word about a successor in 2027
    done = subprocess.run(command, cwd=PROJECT, env=quiet, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "musiclog.Run" in (tmp_path / "site" / "api" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_links_to_files_lead_somewhere(name: str) -> None:
    links = LINK.findall((PROJECT / name).read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (PROJECT / link).exists()]

    assert not missing
