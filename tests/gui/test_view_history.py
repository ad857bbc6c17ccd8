"""Undo and redo of what the charts show."""

from __future__ import annotations

from musiclog_gui.state.view_history import LIMIT, ViewHistory, Zoom, Zooms

A, B = Zoom((0.0, 1.0)), Zoom((2.0, 3.0), (4.0, 5.0))


def test_undo_and_redo_walk_among_the_views() -> None:
    history = ViewHistory()
    first, second = Zooms().after("loss", A, linked=False), Zooms().after("loss", B, linked=False)
    history.go(first)
    history.go(second)
    assert (history.undo(), history.undo(), history.undo()) == (first, Zooms(), Zooms())
    assert (history.redo(), history.redo(), history.redo()) == (first, second, second)


def test_another_view_ends_what_could_be_redone() -> None:
    history = ViewHistory()
    history.go(Zooms(A))
    history.undo()
    history.go(Zooms(B))
    assert not history.can_redo


def test_the_notches_of_one_turn_of_the_wheel_are_one_change() -> None:
    history = ViewHistory()
    for notch in range(5):
        history.go(Zooms(Zoom((0.0, 10.0 - notch))), "loss", at=10 + 0.1 * notch)
    history.go(Zooms(A), "loss", at=12.0)
    assert history.undo().common == Zoom((0.0, 6.0))
    assert history.undo() == Zooms()


def test_linked_charts_share_x_and_keep_their_own_y() -> None:
    zooms = Zooms().after("loss", B, linked=True)
    assert (zooms.of("loss"), zooms.of("norm")) == (B, Zoom(B.x))
    assert zooms.after("norm", None, linked=True) == Zooms()
    alone = Zooms().after("loss", B, linked=False)
    assert (alone.of("norm"), alone.without_y().of("loss")) == (None, Zoom(B.x))


def test_the_history_is_bounded() -> None:
    history = ViewHistory()
    for number in range(3 * LIMIT):
        history.go(Zooms(Zoom((0.0, float(number)))))
    undone = 0
    while history.can_undo:
        history.undo()
        undone += 1
    assert undone == LIMIT - 1
