"""A blind test from choosing to result, by keys, on the real window; the clock of the player is the test's."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from musiclog_gui.state.contenders import contenders, spread
from musiclog_gui.views.blind_test import RESULT, SETUP, TRIAL, BlindTestWindow
from musiclog_gui.views.player_bar import PlayerBar
from musiclog_gui.work.blind_listening import BLIND, FIRST, SECOND
from musiclog_gui.work.player import Phase


@pytest.fixture
def window(room, qtbot, tmp_path):
    room.arrive(*(room.sample(f"e{epoch}_{number}.mid", float(epoch), 8 + 4 * number)
                  for epoch in (1, 5, 9) for number in range(3)))  # fmt: skip
    window = BlindTestWindow(room.model, room.scores, room.sounds, room.player, tmp_path / "listening")
    qtbot.addWidget(window)
    window.open()
    yield window
    window.shut()


def start(window, answers=4, seconds=0):
    window.setup.listener.setText("Ann")
    window.setup.answers.setValue(answers)
    window.setup.seconds.setValue(seconds)
    window.setup.start.click()


def hear_both(room, window):
    room.hear(30)
    assert window.listening.hearing.may_answer


def press(qtbot, window, key):
    qtbot.keyClick(window.trial, key)


# -- what competes --------------------------------------------------------------------------------


def test_first_and_last_epoch_are_ticked_and_a_name_is_asked_for(window):
    assert window.setup.ticked() == ["epoch 1", "epoch 9"]
    assert not window.setup.start.isEnabled()
    assert "who listens" in window.setup.advice.text()
    window.setup.listener.setText("Ann")
    assert window.setup.start.isEnabled()
    assert "40 answers a pair" in window.setup.advice.text()


def test_window_without_samples_says_so(room, qtbot, tmp_path):
    window = BlindTestWindow(room.model, room.scores, room.sounds, room.player, tmp_path / "listening")
    qtbot.addWidget(window)
    window.open()
    assert "no samples" in window.setup.advice.text()
    assert not window.setup.start.isEnabled()


def test_samples_sort_by_every_way(room):
    room.arrive(room.sample("x.mid", 2.0, temperature=1.2, prompt="p"), room.sample("y.mid", 2.0, temperature=0.8))
    room.arrive(room.sample("z.mid", 2.0, run_id="/runs/b"), run_id="/runs/b")
    rows = room.model.rows()
    assert list(contenders(rows, "run")) == ["aaa", "bbb"]
    assert list(contenders(rows, "epoch")) == ["aaa · epoch 2", "bbb · epoch 2"]
    assert list(contenders(rows, "temperature")) == ["temperature 0.8", "temperature 1.2"]
    assert list(contenders(rows, "prompt")) == ["p"]
    assert len(spread(rows * 50, 40)) == 40


def test_corpus_competes_as_an_anchor(window, room):
    folder = room.folder / "bach"
    folder.mkdir()
    Path(room.sample("c.mid").path).rename(folder / "c.mid")
    window.add_corpus(str(folder))
    assert window.setup.ticked() == ["epoch 1", "epoch 9", "corpus bach"]
    start(window, answers=3)
    assert [each.name for each in window._book.contenders] == ["epoch 1", "epoch 9", "corpus bach"]


# -- listening ------------------------------------------------------------------------------------


def test_both_are_heard_one_after_the_other_before_an_answer_counts(window, room, qtbot):
    start(window)
    hearing = window.listening.hearing
    assert (hearing.side, hearing.heard) == (FIRST, {FIRST})
    press(qtbot, window, Qt.Key.Key_1)
    assert window._book.answers() == []
    hear_both(room, window)
    assert window.listening.hearing.side is None
    press(qtbot, window, Qt.Key.Key_1)
    assert [each.choice for each in window._book.answers()] == ["first"]
    assert window.listening.hearing.answered == 1


def test_excerpts_end_after_their_seconds(window, room):
    start(window, seconds=2)
    room.hear(2.5)
    assert window.listening.hearing.side == SECOND
    room.hear(2.5)
    assert window.listening.hearing.side is None
    assert window.listening.hearing.may_answer


def test_replays_are_counted_and_the_other_keys_do_what_they_say(window, room, qtbot):
    start(window)
    hear_both(room, window)
    press(qtbot, window, Qt.Key.Key_R)
    room.hear(30)
    press(qtbot, window, Qt.Key.Key_B)
    assert window.listening.hearing.side == SECOND
    press(qtbot, window, Qt.Key.Key_Space)
    (answer,) = window._book.answers()
    assert (answer.choice, answer.replays, answer.listener) == ("tie", 3, "Ann")
    hear_both(room, window)
    press(qtbot, window, Qt.Key.Key_2)
    press(qtbot, window, Qt.Key.Key_Backspace)
    assert [each.choice for each in window._book.answers()] == ["tie"]


def test_no_name_is_anywhere_while_it_runs(window, room, qtbot):
    bar = PlayerBar(room.player, room.model)
    qtbot.addWidget(bar)
    start(window)
    hear_both(room, window)
    secrets = ("e1_", "e9_", "epoch 1", "epoch 9", "aaa")
    parts = [window.trial, bar]
    told = [window.windowTitle(), *(label.text() + label.toolTip() + label.accessibleName()
            for part in parts for label in part.findChildren(QLabel))]  # fmt: skip
    assert not [text for text in told for secret in secrets if secret in text]
    key = room.player.status.sample
    assert key[0] == BLIND
    assert room.model.find(key) is None
    assert room.selection.sample is None


def test_stopping_keeps_the_answers_and_going_on_continues(window, room, qtbot):
    start(window)
    hear_both(room, window)
    press(qtbot, window, Qt.Key.Key_1)
    press(qtbot, window, Qt.Key.Key_Escape)
    assert window.pages.currentIndex() == SETUP
    assert room.player.status.phase is not Phase.PLAYING
    assert "Ann 1 of 4" in window.setup.earlier.item(0).text()
    window.setup.resume.click()
    assert window.pages.currentIndex() == TRIAL
    assert window.listening.hearing.answered == 1


def test_test_goes_on_after_the_samples_are_gone(window, room):
    start(window)
    window._stop()
    for path in (room.folder / "a").glob("*.mid"):
        path.unlink()
    window.setup.resume.click()
    hear_both(room, window)
    assert window.listening.hearing.notice == ""


def test_another_sample_played_meanwhile_is_no_side(window, room):
    start(window)
    row = room.model.row(0)
    room.player.play_sample(*row.key)
    room.hear(30)
    assert window.listening.hearing.heard == {FIRST}


# -- the result -----------------------------------------------------------------------------------


def finish(window, room, qtbot, answers=4):
    start(window, answers)
    for _ in range(answers):
        hear_both(room, window)
        press(qtbot, window, Qt.Key.Key_1)


def test_last_answer_leads_to_the_result_with_metrics(window, room, qtbot, tmp_path):
    finish(window, room, qtbot, 12)
    assert window.pages.currentIndex() == RESULT
    assert "of 12 decided answers" in window.result.sentence.text()
    assert window.result.found.metrics
    assert "overall" in window.result._book.scores()[window._book.answers()[0].first]
    assert window.result.wins.rowCount() == 2
    assert "epoch" in window.result.strengths.accessibleDescription()


def test_result_can_be_copied_and_written(window, room, qtbot, tmp_path):
    finish(window, room, qtbot)
    window.result.copy()
    assert "| epoch 1 |" in QGuiApplication.clipboard().text()
    for name in ("all.json", "answers.csv", "page.md"):
        window.result.write(str(tmp_path / name))
    assert len(json.loads((tmp_path / "all.json").read_text())["answers"]) == 4
    assert len((tmp_path / "answers.csv").read_text().splitlines()) == 5
    assert "Davidson" in (tmp_path / "page.md").read_text()
    window.result.write(str(tmp_path / "no" / "x.json"))
    assert "cannot be written" in window.result.notice.text()


def test_one_listener_of_several_can_be_looked_at(window, room, qtbot):
    finish(window, room, qtbot)
    book = window._book
    window.result.back_wanted.emit()
    window.setup.listener.setText("Ben")
    window._resume(book)
    for _ in range(4):
        hear_both(room, window)
        press(qtbot, window, Qt.Key.Key_2)
    assert window.result.found.answers == 8
    window.result.listener.setCurrentIndex(2)
    assert window.result.found.listeners == ("Ben",)


def test_closing_the_window_stops_the_test_and_takes_the_copies_away(window, room):
    start(window)
    copy = Path(room.player.status.sample[1])
    assert copy.exists()
    window.shut()
    assert room.player.status.phase is not Phase.PLAYING
    assert not copy.exists()
