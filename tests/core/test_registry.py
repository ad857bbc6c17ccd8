"""Readers register by one call; one that cannot be loaded becomes a notice."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from musiclog import registry
from musiclog.records import News


class OddReader:
    name = "odd"

    def claims(self, path: Path) -> bool:
        return path.suffix == ".odd"

    def open(self, path: Path) -> OddReader:
        return self

    def poll(self, limit_bytes: int = 0) -> News:
        return News()


def point(value):
    return EntryPoint("odd", value, registry.GROUP)


@pytest.fixture
def odd_package(monkeypatch):
    """A package that brings a reader."""
    module = ModuleType("odd_package")
    module.OddReader = OddReader
    module.odd = OddReader()
    monkeypatch.setitem(sys.modules, "odd_package", module)


def test_the_built_in_readers_are_there():
    loaded = registry.readers()
    names = [reader.name for reader in loaded.readers]
    assert names[:3] == ["musiclog", "Aurl", "W&B"]
    assert {"TensorBoard", "trackio", "training_log.json", "JSON lines", "CSV"} <= set(names)
    assert loaded.notices == ()


@pytest.mark.usefixtures("odd_package")
@pytest.mark.parametrize("name", ["OddReader", "odd"])
def test_a_class_or_an_object_of_another_package_is_a_reader(name):
    loaded = registry.load([point(f"odd_package:{name}")])
    assert loaded.of(Path("a.odd")).name == "odd"
    assert loaded.of(Path("a.mid")) is None


def test_a_reader_that_fails_to_load_is_a_notice_and_the_others_work():
    loaded = registry.load([point("no_such_package:reader"), point("json:loads"), *registry.BUILT_IN])
    assert len(loaded.readers) == len(registry.BUILT_IN)
    assert len(loaded.notices) == 2
    assert "no_such_package:reader" in loaded.notices[0]
    assert "it has no name, claims() and open()" in loaded.notices[1]
