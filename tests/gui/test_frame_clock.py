"""The frame clock joins what happens in a frame, and is silent while nothing does."""

from __future__ import annotations

from typing import Any

from musiclog_gui.work.frame_clock import FrameClock


def test_all_touches_of_a_frame_are_one_frame(qtbot: Any) -> None:
    clock = FrameClock()
    frames: list[object] = []
    clock.frame.connect(frames.append)
    clock.touch("a", frozenset({"points"}))
    clock.touch("a", frozenset({"events"}))
    clock.touch("b", frozenset({"log"}))
    clock.flush()
    assert frames == [{"a": frozenset({"points", "events"}), "b": frozenset({"log"})}]


def test_a_touch_is_told_within_a_frame_by_itself(qtbot: Any) -> None:
    clock = FrameClock()
    with qtbot.waitSignal(clock.frame, timeout=2_000):
        clock.touch("a", frozenset({"points"}))


def test_nothing_touched_is_no_frame(qtbot: Any) -> None:
    clock = FrameClock()
    with qtbot.assertNotEmitted(clock.frame):
        clock.flush()


def test_what_is_touched_while_a_frame_is_drawn_waits_for_the_next(qtbot: Any) -> None:
    clock = FrameClock()
    frames: list[object] = []

    def draw(changes: object) -> None:
        frames.append(changes)
        if len(frames) == 1:
            clock.touch("b", frozenset({"points"}))

    clock.frame.connect(draw)
    clock.touch("a", frozenset({"points"}))
    clock.flush()
    assert len(frames) == 1
    clock.flush()
    assert frames[1] == {"b": frozenset({"points"})}
