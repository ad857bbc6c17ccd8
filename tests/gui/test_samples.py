"""The Samples page on real files, real models and real views; work is done at once in this process."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut

from musiclog.notes import make_notes, write_midi
from musiclog.records import News, RunRef, SampleFile
from musiclog.run_data import RunData
from musiclog_gui.state.runs import RunStore
from musiclog_gui.state.samples import (
    CLOSENESS_ROLE,
    COLUMNS,
    EPOCH,
    FIRST_METRIC,
    LENGTH,
    NAME,
    OVERALL,
    PLAY,
    RUN,
    TREND,
    SampleTableModel,
    clock,
    short,
    signed,
)
from musiclog_gui.state.selection import Selection
from musiclog_gui.views.player_bar import PlayerBar
from musiclog_gui.views.samples_page import ONE_RUN, SamplesPage
from musiclog_gui.work.player import Phase, Player
from musiclog_gui.work.pool import InlineExecutor, Pool
from musiclog_gui.work.score_desk import ScoreDesk
from musiclog_gui.work.sound_output import SilentOutput
from musiclog_gui.work.synth_desk import SynthDesk

RUN_A, RUN_B = "/runs/a", "/runs/b"


class Room:
    """A page with everything behind it, and a folder for samples."""

    def __init__(self, folder, executor):
        self.folder, self.now = folder, 0.0
        self.store, self.selection = RunStore(), Selection()
        cache = folder / "cache"
        self.scores, self.sounds = ScoreDesk(executor, cache), SynthDesk(executor, cache)
        self.player = Player(self.sounds, SilentOutput(lambda: self.now))
        self.page = SamplesPage(self.store, self.selection, self.scores, self.sounds, self.player)
        self.bar = PlayerBar(self.player, self.page.model)
        self.bar.next_requested.connect(self.page.play_next)
        self.bar.previous_requested.connect(self.page.play_previous)
        self.selection.play_requested.connect(self.player.play_sample)
        self.model, self.table = self.page.model, self.page.table

    def run(self, run_id=RUN_A):
        if self.store.entry(run_id) is None:
            self.store.add(run_id, "/runs", RunData(RunRef(run_id, "musiclog", run_id[-1] * 3)))

    def arrive(self, *files, run_id=RUN_A):
        self.run(run_id)
        self.store.absorb(run_id, News(samples=files))
        self.page.absorb({run_id: frozenset({"samples"})})

    def sample(self, name, epoch=1.0, beats=16, run_id=RUN_A):
        path = self.folder / run_id[-1] / name
        path.parent.mkdir(exist_ok=True)
        scale = (60, 62, 64, 65, 67, 69, 71, 72)
        write_midi(path, make_notes([(beat, 1, scale[beat * 3 % 8], 60 + beat % 40) for beat in range(beats)]))
        return SampleFile(str(path), name, step=100 * epoch, epoch=epoch)

    def broken(self, name="broken.mid", epoch=1.0):
        path = self.folder / name
        path.write_bytes(b"MThd and nothing else")
        return SampleFile(str(path), name, epoch=epoch)

    def cell(self, row, column):
        return self.table.lines.index(row, column).data()

    def names(self):
        return [self.cell(row, NAME) for row in range(self.table.lines.rowCount())]


@pytest.fixture
def room(qtbot, tmp_path):
    room = Room(tmp_path, InlineExecutor())
    for widget in (room.page, room.bar):
        qtbot.addWidget(widget)
    room.page.resize(1200, 800)
    room.page.show()
    yield room
    room.player.close()


# -- the table ----------------------------------------------------------------------------------


def test_page_without_samples_says_how_they_come(room):
    assert room.page.pages.currentIndex() == 1
    assert "Open a folder" in room.page.empty.words()
    room.run()
    room.page.absorb({RUN_A: frozenset({"samples"})})
    assert "run.log_sample" in room.page.empty.words()


def test_sample_is_a_row_with_its_figures_and_heat(room):
    room.arrive(room.sample("one.mid", epoch=3.0))
    assert room.cell(0, NAME) == "one.mid"
    assert room.cell(0, EPOCH) == "3"
    assert room.cell(0, LENGTH) == "0:08"
    assert 0 <= float(room.cell(0, OVERALL)) <= 1
    heats = [room.table.lines.index(0, column).data(CLOSENESS_ROLE) for column in range(FIRST_METRIC, len(COLUMNS))]
    assert sum(heat is not None for heat in heats) >= 5
    assert all(heat is None or 0 <= heat <= 1 for heat in heats)


def test_undefined_metric_is_a_dash_with_its_reason(room):
    room.arrive(room.sample("short.mid", beats=3))
    dashes = [column for column in range(FIRST_METRIC, len(COLUMNS)) if room.cell(0, column) == "–"]
    assert dashes
    tip = room.table.lines.index(0, dashes[0]).data(Qt.ItemDataRole.ToolTipRole)
    assert len(tip) > len("None")
    assert "None" not in tip


def test_broken_file_is_a_row_with_its_reason_and_no_dialog(room):
    file = room.broken()
    room.arrive(file, room.sample("good.mid", epoch=2.0))
    row = room.names().index("broken.mid")
    assert room.cell(row, OVERALL) == "broken"
    room.selection.set_sample((RUN_A, file.path))
    assert room.page.panel._title.text() == "Broken file"
    assert room.page.panel._caption.text() == room.model.sample((RUN_A, file.path)).reason
    assert "no notes" in room.page.roll.accessibleDescription()
    room.player.play_sample(RUN_A, file.path)
    assert room.player.status.phase is Phase.BROKEN
    assert room.bar.words.text()


def test_file_that_vanished_is_a_row_with_its_reason(room):
    file = room.sample("gone.mid")
    (room.folder / "a" / "gone.mid").unlink()
    room.arrive(file)
    assert room.cell(0, OVERALL) == "broken"
    assert "Cannot be read" in room.table.lines.index(0, NAME).data(Qt.ItemDataRole.ToolTipRole)


def test_trend_is_against_the_mean_of_the_nearest_earlier_epoch(room):
    files = [room.sample("a.mid", 1.0, 16), room.sample("b.mid", 1.0, 40), room.sample("c.mid", 4.0, 24)]
    room.arrive(*files)
    qualities = [room.model.sample((RUN_A, file.path)).overall for file in files]
    expected = qualities[2] - (qualities[0] + qualities[1]) / 2
    assert room.model.trend(room.model.sample((RUN_A, files[2].path))) == pytest.approx(expected)
    assert room.model.trend(room.model.sample((RUN_A, files[0].path))) is None
    assert room.cell(room.names().index("a.mid"), TREND) == "–"


def test_pending_score_is_an_ellipsis_until_it_comes(qapp, tmp_path):
    model = SampleTableModel()
    store = RunStore()
    data = RunData(RunRef(RUN_A, "musiclog", "aaa"))
    data.absorb(News(samples=(SampleFile(str(tmp_path / "x.mid"), "x.mid"),)))
    entry = store.add(RUN_A, "/runs", data)
    assert model.take_run(entry, {}) == [str(tmp_path / "x.mid")]
    assert model.index(0, OVERALL).data() == "…"
    assert model.take_run(entry, {}) == []


def test_rows_sort_by_figures_with_unknown_ones_below(room):
    room.arrive(room.broken(), room.sample("long.mid", beats=120), room.sample("short.mid", beats=8))
    room.table.sortByColumn(LENGTH, Qt.SortOrder.DescendingOrder)
    assert room.names() == ["long.mid", "short.mid", "broken.mid"]
    assert room.table.lines.headerData(LENGTH, Qt.Orientation.Horizontal) == "↓ Length"


def test_selection_and_current_row_stay_under_live_inserts(room):
    chosen = room.sample("chosen.mid", 2.0)
    room.arrive(chosen)
    room.selection.set_sample((RUN_A, chosen.path))
    for epoch in range(3, 9):
        room.arrive(room.sample(f"later{epoch}.mid", float(epoch)))
    assert room.table.current() == (RUN_A, chosen.path)
    assert room.selection.sample == (RUN_A, chosen.path)
    rows = room.table.selectionModel().selectedRows(NAME)
    assert [index.data() for index in rows] == ["chosen.mid"]


def test_samples_of_two_runs_are_filtered_by_scope_show_box_and_text(room):
    room.arrive(room.sample("one.mid"))
    room.arrive(room.sample("two.mid", run_id=RUN_B), run_id=RUN_B)
    assert sorted(room.names()) == ["one.mid", "two.mid"]
    assert not room.table.isColumnHidden(RUN)
    room.page.search.setText("TWO")
    assert room.names() == ["two.mid"]
    assert room.page.count.text() == "1 of 2"
    room.page.search.clear()
    room.selection.set_run(RUN_A)
    room.page.scope.setCurrentIndex(ONE_RUN)
    assert room.names() == ["one.mid"]
    assert room.table.isColumnHidden(RUN)
    room.page.scope.setCurrentIndex(0)
    room.store.set_shown(RUN_A, False)
    assert room.names() == ["two.mid"]


def test_samples_that_arrive_in_groups_are_counted_and_one_is_chosen(room, qtbot):
    room.page.groups.setCurrentIndex(room.page.groups.findData("epoch"))
    with qtbot.waitSignal(room.table.lines.modelReset):
        room.arrive(room.sample("a.mid"), room.sample("b.mid", 2.0))
    assert room.page.count.text() == "2 samples"
    assert room.selection.sample is not None


def test_closed_run_takes_its_samples_with_it(room):
    room.arrive(room.sample("one.mid"))
    room.store.remove(RUN_A)
    assert room.model.rowCount() == 0
    assert room.page.pages.currentIndex() == 1


def test_long_and_hostile_names_stay_one_line_of_plain_text(room):
    file = room.sample("x.mid")
    name = "<b>bold</b>\n" + "very long " * 80
    room.arrive(SampleFile(file.path, name, epoch=1.0))
    assert "\n" not in room.cell(0, NAME)
    assert "&lt;b&gt;" in room.table.lines.index(0, NAME).data(Qt.ItemDataRole.ToolTipRole)
    room.selection.set_sample((RUN_A, file.path))
    room.bar.resize(900, 48)
    room.bar.show()
    assert room.bar.minimumSizeHint().width() < 900
    assert room.page.minimumSizeHint().width() < 1000


# -- choosing and playing -----------------------------------------------------------------------


def test_choosing_a_row_shows_its_notes_and_renders_it_ahead(room):
    file = room.sample("one.mid")
    room.arrive(file)
    room.table.setCurrentIndex(room.table.lines.index(0, NAME))
    assert room.selection.sample == (RUN_A, file.path)
    assert len(room.page.roll.notes) == 16
    assert room.sounds.sound(file.path).complete
    assert room.page.title.text().startswith("one.mid  ·  0:08  ·  16 notes")


def test_play_mark_plays_and_pauses(room, qtbot):
    room.arrive(room.sample("one.mid"))
    place = room.table.visualRect(room.table.lines.index(0, PLAY)).center()
    qtbot.mouseClick(room.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert room.player.status.phase is Phase.PLAYING
    assert room.table.playing == room.player.status.sample
    qtbot.mouseClick(room.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert room.player.status.phase is Phase.PAUSED
    assert room.table.playing is None


def test_keyboard_walks_and_plays(room, qtbot):
    room.arrive(*(room.sample(f"{epoch}.mid", float(epoch)) for epoch in (1, 2, 3)))
    room.table.setCurrentIndex(room.table.lines.index(0, NAME))
    qtbot.keyClick(room.table, Qt.Key.Key_J)
    assert room.selection.sample[1].endswith("2.mid")
    qtbot.keyClick(room.table, Qt.Key.Key_K)
    assert room.selection.sample[1].endswith("3.mid")
    qtbot.keyClick(room.table, Qt.Key.Key_Return)
    assert room.player.status.sample == room.selection.sample


def test_next_and_previous_follow_the_table_as_it_is_sorted(room, qtbot):
    room.arrive(*(room.sample(f"{epoch}.mid", float(epoch)) for epoch in (1, 2, 3)))
    for button, name in ((room.bar.next, "2.mid"), (room.bar.next, "1.mid"), (room.bar.previous, "2.mid")):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert room.player.status.sample[1].endswith(name)
        assert room.player.status.phase is Phase.PLAYING


def test_the_newest_sample_is_chosen_where_none_is(room, qtbot):
    files = [room.sample(f"{epoch}.mid", float(epoch)) for epoch in (1, 2, 3)]
    room.page.hide()
    for file in files:  # as while a run is read; the player has something to play before the page is visited
        room.arrive(file)
        assert room.selection.sample == (RUN_A, file.path)
    room.bar.show()
    assert room.bar.title.text() == "3.mid"
    room.page.show()
    assert room.selection.sample == (RUN_A, files[2].path)
    assert len(room.page.roll.notes) == 16
    assert not room.table.hasFocus()
    room.arrive(*(room.sample(f"{epoch}.mid", float(epoch)) for epoch in range(4, 60)))
    assert room.selection.sample == (RUN_A, files[2].path)
    bar = room.table.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    in_sight = room.table.indexAt(QPoint(5, 5)).siblingAtColumn(NAME).data()
    room.arrive(room.sample("newer.mid", 70.0))
    assert room.table.indexAt(QPoint(5, 5)).siblingAtColumn(NAME).data() == in_sight
    room.store.remove(RUN_A)
    room.arrive(files[0])
    assert room.selection.sample == (RUN_A, files[0].path)


def test_a_chosen_sample_is_ready_in_the_player_bar(room, qtbot):
    files = [room.sample("one.mid", 1.0), room.sample("two.mid", 2.0, 40)]
    room.arrive(*files)
    room.bar.show()
    place = room.table.visualRect(room.table.lines.index(1, NAME)).center()
    qtbot.mouseClick(room.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert room.bar.title.accessibleName() == "one.mid"
    assert room.bar.words.text().startswith("quality ")
    assert room.bar.times.text().endswith("/ 0:09")
    assert room.bar.play.isEnabled()


def test_space_in_the_table_plays_and_pauses_its_row(room, qtbot):
    files = [room.sample(f"{epoch}.mid", float(epoch)) for epoch in (1, 2)]
    room.arrive(*files)
    struck = []
    shortcut = QShortcut(QKeySequence("Space"), room.page)
    shortcut.activated.connect(lambda: struck.append("Space"))
    room.table.setFocus()
    qtbot.keyClick(room.table, Qt.Key.Key_Space)
    assert (room.player.status.sample, room.player.status.phase) == ((RUN_A, files[1].path), Phase.PLAYING)
    qtbot.keyClick(room.table, Qt.Key.Key_Space)
    assert room.player.status.phase is Phase.PAUSED
    assert struck == []


def test_choosing_does_not_interrupt_what_plays_and_is_next_when_that_is_over(room):
    files = [room.sample(f"{epoch}.mid", float(epoch)) for epoch in (1, 2)]
    room.arrive(*files)
    room.player.play()
    room.selection.set_sample((RUN_A, files[0].path))
    assert room.player.status.sample == (RUN_A, files[1].path)
    assert room.player.status.phase is Phase.PLAYING
    while room.player.status.phase is Phase.PLAYING:
        room.now += 0.3
        room.player.tick()
    assert (room.player.status.sample, room.player.status.phase) == ((RUN_A, files[0].path), Phase.PAUSED)


def test_without_a_sound_device_the_bar_says_so_when_it_plays(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_AUDIODRIVER", "no such driver")
    room = Room(tmp_path, InlineExecutor())
    room.player = Player(room.sounds)
    page = SamplesPage(room.store, room.selection, room.scores, room.sounds, room.player)
    bar = PlayerBar(room.player, page.model)
    for widget in (page, bar):
        qtbot.addWidget(widget)
        widget.show()
    room.page = page
    room.arrive(room.sample("one.mid"))
    assert "No sound" not in bar.words.text()
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    assert room.player.status.phase is Phase.PLAYING
    assert bar.words.text().startswith("No sound: ")
    room.player.close()


def test_sample_played_from_another_page_is_shown_here(room):
    file = room.sample("one.mid")
    room.arrive(file)
    room.selection.play_requested.emit(RUN_A, file.path)
    assert room.selection.sample == (RUN_A, file.path)
    assert room.player.status.phase is Phase.PLAYING


def test_playhead_of_the_roll_and_slider_follow_the_player(room):
    file = room.sample("one.mid")
    room.arrive(file)
    room.selection.play_requested.emit(RUN_A, file.path)
    room.now = 0.3
    room.player.tick()
    assert room.page.roll._playhead_beats == pytest.approx(0.6, abs=0.01)  # 120 beats a minute
    assert room.bar.slider.value() / 10_000 == pytest.approx(0.3 / room.player.status.length_s, abs=0.001)


def test_click_into_the_roll_seeks_in_the_sample_that_is_shown(room, qtbot):
    file = room.sample("one.mid")
    room.arrive(file)
    room.selection.set_sample((RUN_A, file.path))
    room.page.roll.sought.emit(2.0)
    assert room.player.status.sample == (RUN_A, file.path)
    assert room.player.position_s == pytest.approx(2.0, abs=0.001)
    assert room.player.status.phase is Phase.PAUSED


def test_player_bar_names_the_sample_its_quality_and_its_trend(room):
    files = [room.sample("one.mid", 1.0), room.sample("two.mid", 2.0, 40)]
    assert not room.bar.play.isEnabled()
    room.arrive(*files)
    row = room.model.sample((RUN_A, files[1].path))
    assert room.bar.title.text() == "two.mid"
    assert room.bar.words.text() == f"quality {row.overall:.2f} ({signed(room.model.trend(row))})"
    assert room.bar.play.accessibleName() == "Play"
    room.player.play()
    assert room.bar.play.accessibleName() == "Pause"


def test_player_bar_controls_reach_the_player(room, qtbot):
    file = room.sample("one.mid")
    room.arrive(file)
    room.player.load(RUN_A, file.path)
    qtbot.mouseClick(room.bar.play, Qt.MouseButton.LeftButton)
    assert room.player.status.phase is Phase.PLAYING
    qtbot.mouseClick(room.bar.loop, Qt.MouseButton.LeftButton)
    assert room.player.status.loop
    room.bar.volume.setValue(30)
    assert room.player.status.volume == pytest.approx(0.3)
    qtbot.mouseClick(room.bar.mute, Qt.MouseButton.LeftButton)
    assert room.player.status.muted
    room.bar.resize(1000, 48)
    room.bar.show()
    middle = room.bar.slider.rect().center()
    qtbot.mouseClick(room.bar.slider, Qt.MouseButton.LeftButton, pos=middle)
    assert room.player.position_s == pytest.approx(room.player.status.length_s / 2, rel=0.05)


def test_finding_that_is_chosen_is_marked_in_the_roll(room):
    file = room.sample("one.mid", beats=64)
    room.arrive(file)
    room.selection.set_sample((RUN_A, file.path))
    findings = room.model.sample((RUN_A, file.path)).assessment.card.findings
    assert room.page.panel.findings.count() == min(len(findings), 40)
    if findings:
        room.page.panel.findings.setCurrentRow(0)
        assert room.page.roll._marked in findings


# -- desks --------------------------------------------------------------------------------------


def test_scores_are_kept_by_content_and_read_back_the_same(room, tmp_path):
    file = room.sample("one.mid")
    room.arrive(file)
    kept = list((tmp_path / "cache" / "scores").glob("*.json"))
    assert len(kept) == 1
    again = ScoreDesk(InlineExecutor(), tmp_path / "cache")
    again.request(file.path)
    assert again.assessment(file.path) == room.scores.assessment(file.path)
    kept[0].write_bytes(b"{ damaged")
    third = ScoreDesk(InlineExecutor(), tmp_path / "cache")
    third.request(file.path)
    assert third.assessment(file.path).card.overall == room.scores.assessment(file.path).card.overall


def test_sound_is_kept_by_content_and_the_oldest_goes_first(qapp, tmp_path):
    from musiclog_gui.work import cache, rendering  # noqa: PLC0415  only this test looks inside

    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.mid")
        write_midi(paths[-1], make_notes([(0, 2, 60 + number)]))
    folder = tmp_path / "cache"
    for path in paths:
        rendered = list(_drain(rendering.render_to_file(str(path), folder, None)))[-1]
    assert rendered.ready == rendered.samples
    assert len(list((folder / "sound").glob("*.f32"))) == 3
    again = list(_drain(rendering.render_to_file(str(paths[2]), folder, None)))
    assert again == [rendered]
    cache.trim(folder / "sound", rendered.samples * rendering.FRAME_BYTES + 2_000)
    assert len(list((folder / "sound").glob("*.f32"))) == 1


def test_cache_folder_that_cannot_be_written_is_said(qapp, tmp_path):
    (tmp_path / "cache").write_text("a file stands where the folder should be")
    write_midi(tmp_path / "a.mid", make_notes([(0, 1, 60)]))
    desk = SynthDesk(InlineExecutor(), tmp_path / "cache")
    reasons = []
    desk.failed.connect(lambda _path, reason: reasons.append(reason))
    desk.request(str(tmp_path / "a.mid"))
    assert "cannot be written" in reasons[0]


def test_whole_way_through_real_processes(qtbot, tmp_path):
    pool = Pool()
    room = Room(tmp_path, pool)
    for widget in (room.page, room.bar):
        qtbot.addWidget(widget)
    room.page.show()
    good, bad = room.sample("good.mid", 2.0, 200), room.broken()
    with qtbot.waitSignals([room.scores.assessed] * 2, timeout=30_000):
        room.arrive(good, bad)
    with qtbot.waitSignal(
        room.player.changed, check_params_cb=lambda status: status.phase is Phase.PLAYING, timeout=30_000
    ):
        room.player.play()
    assert room.cell(0, NAME) == "good.mid"
    assert float(room.cell(0, OVERALL)) >= 0
    assert room.cell(1, OVERALL) == "broken"
    room.player.close()
    pool.close()


def test_words_for_figures():
    assert [clock(0), clock(7.9), clock(754)] == ["0:00", "0:07", "12:34"]
    assert [signed(None), signed(0.001), signed(0.04), signed(-0.1)] == ["–", "±0.00", "+0.04", "−0.10"]
    assert [short(0.123), short(-0.0), short(12.34), short(123.4)] == ["0.12", "0.00", "12.3", "123"]


def _drain(generator):
    while True:
        try:
            value = next(generator)
        except StopIteration as end:
            yield end.value
            return
        if value is not None:
            yield value


def test_the_panel_sets_a_sample_beside_the_epoch_before(room):
    files = [room.sample(f"{epoch}-{number}.mid", epoch) for epoch in (1, 3, 4) for number in range(2)]
    room.arrive(*files)
    newest = room.model.sample((RUN_A, files[-1].path))
    before = [room.model.sample((RUN_A, file.path)).assessment.card.metrics["repetition"] for file in files[2:4]]
    expected = sum(metric.closeness for metric in before) / 2
    assert room.model.closeness_before(newest)["repetition"] == expected
    assert room.model.closeness_before(room.model.sample((RUN_A, files[0].path))) == {}

    room.page._selection.set_sample(newest.key)
    bar = room.page.panel._bars["repetition"]
    assert bar.before == expected
    assert "in the epoch before" in bar.toolTip()
