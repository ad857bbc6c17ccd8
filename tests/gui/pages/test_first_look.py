"""The run that is shown before anybody chose one."""

from __future__ import annotations

from typing import Any

import pytest

from musiclog_gui.state.first_look import LAST_TICK, FirstLook


@pytest.fixture
def look(desk: Any) -> FirstLook:
    look = FirstLook(desk.store, desk.selection)
    desk.clock.frame.connect(look.absorb)
    return look


def test_the_run_that_changed_last_is_chosen_and_not_the_first_found(desk: Any, look: FirstLook) -> None:
    for name, changed in (("old", 1000.0), ("newest", 9000.0), ("middle", 5000.0)):
        desk.run(name, changed=changed)
    assert desk.selection.run == "/runs/newest"


def test_points_tell_better_than_files_when_a_run_was(desk: Any, look: FirstLook) -> None:
    desk.run("unpacked", changed=2e9, points=desk.points(loss=[1.0]))  # a billion seconds, as its points say
    desk.run("other", changed=1.5e9)
    assert desk.selection.run == "/runs/other"


def test_two_live_runs_do_not_take_turns(desk: Any, look: FirstLook) -> None:
    one, two = desk.run("one", changed=1000.0), desk.run("two", changed=1001.0)
    desk.tell(one, changed=1002.0)
    desk.tell(two, changed=1003.0)
    assert desk.selection.run == one.id


def test_what_the_user_chose_stays(desk: Any, look: FirstLook) -> None:
    old = desk.run("old", changed=1000.0)
    desk.run("new", changed=2000.0)
    desk.selection.set_run(old.id)
    desk.run("newer", changed=9000.0)
    assert desk.selection.run == old.id


def test_a_run_that_begins_later_turns_no_page(desk: Any, look: FirstLook) -> None:
    desk.run("old", changed=1000.0)
    for _ in range(LAST_TICK):
        look.tick()
    desk.run("new", changed=9000.0)
    assert desk.selection.run == "/runs/old"
