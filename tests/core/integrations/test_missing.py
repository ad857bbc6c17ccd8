"""Where its library is not installed, an integration says which extra brings it."""

from __future__ import annotations

import importlib
import sys

import pytest

from musiclog.errors import ExtraMissing
from musiclog.integrations import missing


@pytest.mark.parametrize("extra", ["torch", "lightning", "huggingface", "keras"])
def test_a_missing_library_is_told_with_the_command_that_brings_it(monkeypatch, extra):
    monkeypatch.setattr(missing, "find_spec", lambda _: None)
    for name in [name for name in sys.modules if name.startswith("musiclog.integrations.") and "missing" not in name]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(ExtraMissing, match=rf'pip install "musiclog\[{extra}\]"'):
        importlib.import_module(f"musiclog.integrations.{extra}")
