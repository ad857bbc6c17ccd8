"""Samples are measured by a corpus: what is chosen is measured, shown, remembered, and said where it stands."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QToolTip

from musiclog.notes import make_notes, write_midi
from musiclog.records import News, RunInfo, RunRef, SampleFile
from musiclog.run_data import RunData
from musiclog_gui.settings import Settings
from musiclog_gui.state.runs import RunStore
from musiclog_gui.state.samples import OVERALL, TREND, measure_words
from musiclog_gui.state.selection import Selection
from musiclog_gui.views.corpus_bar import CorpusBar
from musiclog_gui.views.samples_page import SamplesPage
from musiclog_gui.work.corpora import EACH_ITS_OWN, HUMAN, Corpora
from musiclog_gui.work.player import Player
from musiclog_gui.work.pool import InlineExecutor, Pool
from musiclog_gui.work.score_desk import ScoreDesk
from musiclog_gui.work.sound_output import SilentOutput
from musiclog_gui.work.synth_desk import SynthDesk

RUN = "/runs/a"
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def walk(seed: int, bars: int = 8):
    chance = np.random.default_rng(seed)
    degrees = np.cumsum(chance.choice([-1, -1, 0, 1, 1, 2, -2], bars * 8)) % 8
    return make_notes([(index / 2, 0.5, SCALE[degree], 70 + index % 20) for index, degree in enumerate(degrees)])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music") / "walks"
    folder.mkdir()
    for seed in range(20):
        write_midi(folder / f"{seed}.mid", walk(seed))
    return folder


class Room:
    """The Samples page with a run of one sample an epoch and ten in the last."""

    def __init__(self, qtbot, folder, executor, corpora):
        self.store, self.selection = RunStore(), Selection()
        self.scores = ScoreDesk(executor, folder / "cache", corpora=corpora)
        self.player = Player(SynthDesk(executor, folder / "cache"), SilentOutput(lambda: 0.0))
        self.page = SamplesPage(self.store, self.selection, self.scores, SynthDesk(executor, folder), self.player)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 900)
        self.page.show()
        self.model, self.panel, self.bar = self.page.model, self.page.panel, self.page.corpus
        self.folder = folder

    def arrive(self, reference=None):
        self.store.add(RUN, "/runs", RunData(RunRef(RUN, "musiclog", "aaa")))
        info = RunInfo("aaa", "musiclog", reference=None if reference is None else str(reference))
        files = [self.sample(epoch, epoch) for epoch in range(1, 7)] + [self.sample(7, seed) for seed in range(30, 39)]
        self.store.absorb(RUN, News(info=info, samples=tuple(files)))
        self.page.absorb({RUN: frozenset({"samples", "info"})})
        self.selection.set_sample((RUN, files[-1].path))
        return files

    def sample(self, epoch, seed):
        path = self.folder / f"{epoch}_{seed}.mid"
        write_midi(path, walk(seed))
        return SampleFile(str(path), path.stem, step=epoch, epoch=float(epoch))

    def row(self, file):
        return self.model.sample((RUN, file.path))


@pytest.fixture
def room(qtbot, tmp_path):
    room = Room(qtbot, tmp_path, InlineExecutor(), None)
    yield room
    room.player.close()


def test_without_a_corpus_human_music_is_the_measure_and_says_so(room, qtbot):
    [first, *_] = room.arrive()
    assert measure_words(room.row(first).measure) == "human music"
    assert room.panel._measure.text() == "by human music"
    assert room.bar.button.text() == "Measured by: human music"
    qtbot.waitUntil(lambda: room.panel.course.course is not None)
    assert room.panel.course.course.usual.source == "human music of several styles"
    assert room.panel.course.course.as_set is None
    assert room.panel._set.isHidden()


def test_the_corpus_that_a_run_was_given_is_its_measure(room, corpus, qtbot):
    files = room.arrive(reference=corpus)
    assert measure_words(room.row(files[-1]).measure) == "the folder “walks” (20 pieces)"
    assert room.panel._measure.text() == "by the folder “walks” (20 pieces)"
    assert room.bar.button.text().endswith("/walks")
    qtbot.waitUntil(lambda: room.panel.course.course is not None)
    course = room.panel.course.course
    assert [point.at for point in course.points] == [1, 2, 3, 4, 5, 6, 7]
    assert course.usual.source.startswith("walks (20 pieces, ")
    assert course.as_set.samples == 9
    assert "as a set of 9" in room.panel._set.text()
    assert "7 epochs: " in room.panel._trend.text()
    assert all(bar.usual is not None for name, bar in room.panel._bars.items() if course.usual.metrics[name][0] > 0)


def test_what_a_sample_has_of_the_corpus_note_for_note_is_its_first_finding(room, corpus):
    files = room.arrive(reference=corpus)
    room.selection.set_sample((RUN, files[2].path))  # walk 3, which is in the corpus
    first = room.panel.findings.item(0)
    assert "64 notes in a row stand in the corpus too" in first.text()
    assert room.row(files[2]).assessment.copying.longest_notes == 64
    room.selection.set_sample((RUN, files[-1].path))
    assert "corpus" not in (room.panel.findings.item(0).text() if room.panel.findings.count() else "")


def test_choosing_another_measure_scores_all_anew_and_back(room, corpus, qtbot):
    files = room.arrive()
    by_human = room.row(files[-1]).overall
    with qtbot.waitSignal(room.bar.chosen) as told:
        room.bar.choose(str(corpus))
    assert told.args == [str(corpus)]
    assert {measure_words(room.row(file).measure) for file in files} == {"the folder “walks” (20 pieces)"}
    assert room.row(files[-1]).overall != by_human
    room.bar.choose(HUMAN)
    assert {room.row(file).overall for file in files[-1:]} == {by_human}
    room.bar.choose(EACH_ITS_OWN)
    assert measure_words(room.row(files[-1]).measure) == "human music"


def test_trends_never_compare_scores_by_different_measures(room, corpus):
    files = room.arrive()
    corpora = room.scores.corpora
    corpora.choose(str(corpus))
    room.scores.request_by(files[-1].path, None)  # this one alone by human music again
    assert room.model.trend(room.row(files[-1])) is None
    assert room.model.trend(room.row(files[-2])) is not None
    assert room.model.scored(RUN, room.row(files[-1]).measure)[0].at == 7
    assert room.model.text(room.row(files[-1]), OVERALL) != "…"
    assert room.model.text(room.row(files[-1]), TREND) == "–"


def test_a_dot_of_the_course_chooses_its_epoch(room, qtbot):
    files = room.arrive()
    qtbot.waitUntil(lambda: room.panel.course.course is not None)
    chart = room.panel.course
    at = chart.place_of(chart.course.points[1])
    press = QMouseEvent(
        QEvent.Type.MouseButtonPress, QPointF(at), chart.mapToGlobal(QPointF(at)),
        Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    chart.mousePressEvent(press)
    assert room.selection.sample == (RUN, files[1].path)
    assert not chart.grab().isNull()


def test_the_pointer_over_the_course_points_at_the_step_of_the_epoch(room, qtbot, monkeypatch):
    monkeypatch.setattr(QToolTip, "showText", lambda *_: None)  # there is no window to show one over
    files = room.arrive()
    qtbot.waitUntil(lambda: room.panel.course.course is not None)
    chart, told = room.panel.course, []
    room.selection.step_pointed.connect(told.append)
    for point in chart.course.points[1:3]:
        at = QPointF(chart.place_of(point))
        chart.mouseMoveEvent(QMouseEvent(
            QEvent.Type.MouseMove, at, chart.mapToGlobal(at),
            Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        ))  # fmt: skip
    chart.leaveEvent(QEvent(QEvent.Type.Leave))
    assert told == [files[1].step, files[2].step, None]


def test_a_folder_that_is_no_corpus_says_why_and_human_music_stands_in(room, tmp_path):
    files = room.arrive(reference=tmp_path / "gone")
    assert measure_words(room.row(files[-1]).measure) == "human music"
    assert not room.bar.trouble.isHidden()
    assert "no such folder" in room.bar.trouble.text()
    (tmp_path / "empty").mkdir()
    room.bar.choose(str(tmp_path / "empty"))
    assert "no MIDI file in it gives notes" in room.bar.trouble.toolTip().replace("<br>", " ")
    room.bar.choose(HUMAN)
    assert room.bar.trouble.isHidden()


def test_the_menu_offers_what_was_chosen_on_other_days(qtbot, corpus, tmp_path):
    bar = CorpusBar(Corpora(InlineExecutor(), tmp_path))
    qtbot.addWidget(bar)
    bar.offer(["/music/bach"])
    bar.choose(str(corpus))
    bar.fill()
    texts = [action.text() for action in bar.button.menu().actions() if action.text()]
    assert texts[:4] == ["Each run by its own corpus", "Human music of several styles", str(corpus), "/music/bach"]
    assert [action.text() for action in bar.button.menu().actions() if action.isChecked()] == [str(corpus)]


def test_the_choice_is_kept_for_the_next_day(tmp_path):
    settings = Settings(tmp_path / "window.json")
    for chosen in ("/music/a", "/music/b", HUMAN, "/music/a"):
        settings.keep_corpus(chosen)
    settings.save()
    again = Settings.load(tmp_path / "window.json")
    assert (again.corpus, again.corpora) == ("/music/a", ["/music/a", "/music/b"])


def test_a_corpus_is_measured_in_a_process_with_progress_and_can_be_cancelled(qtbot, corpus, tmp_path):
    pool = Pool()
    try:
        corpora = Corpora(pool, tmp_path / "cache")
        bar = CorpusBar(corpora)
        qtbot.addWidget(bar)
        seen = []
        corpora.told.connect(lambda: seen.extend(each.done for each in corpora.under_way.values()))
        corpora.choose(str(corpus))
        with qtbot.waitSignal(corpora.changed, timeout=30_000):
            assert corpora.of(None) is None
            assert not bar.bar.isHidden()
        assert corpora.of(None).pieces == 20
        assert seen[-1] == 20
        assert sorted(set(seen)) == list(range(21))
        assert bar.bar.isHidden()
        corpora.choose(str(corpus))
        assert corpora.of(None) is None  # it is looked at again, for files may have changed
        corpora.cancel(str(corpus))
        assert corpora.troubles == {str(corpus): "measuring it was cancelled"}
        assert corpora.of(None) is None
    finally:
        pool.close()
