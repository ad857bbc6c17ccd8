"""The bell rings for changes in its folders and stays silent where it cannot hear."""

from __future__ import annotations

import threading

import pytest

from musiclog import bell
from musiclog.bell import Bell


@pytest.fixture
def ringing():
    rung = threading.Event()
    made = Bell(rung.set)
    yield made, rung
    made.close()


def test_a_change_rings_and_names_its_folder(tmp_path, ringing):
    made, rung = ringing
    if not made.works:
        pytest.skip("this system gives no notification")
    (tmp_path / "other").mkdir()
    made.listen([str(tmp_path)])
    (tmp_path / "a").write_text("x")
    assert rung.wait(10)
    assert str(tmp_path) in made.touched()
    made.listen([str(tmp_path / "other")])
    made.listen([])


def test_folders_that_are_gone_and_too_many_of_them_are_no_trouble(tmp_path, ringing):
    made, _ = ringing
    made.listen([str(tmp_path / "nowhere")])
    for number in range(bell.MOST + 3):
        (tmp_path / str(number)).mkdir()
    made.listen(str(tmp_path / str(number)) for number in range(bell.MOST + 3))
    assert len(made._watches) <= bell.MOST


def test_without_notification_it_is_silent(tmp_path, monkeypatch):
    monkeypatch.setattr(bell, "_observer", lambda: None)
    made = Bell(lambda: None)
    assert not made.works
    made.listen([str(tmp_path)])
    assert made.touched() == set()
    made.close()
