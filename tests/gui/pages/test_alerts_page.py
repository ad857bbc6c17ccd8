"""The list of alerts and the chosen one in full."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QTableView

from musiclog_gui.state.alert_marks import AlertMarks
from musiclog_gui.state.alerts import AlertModel
from musiclog_gui.state.rows import ROW_ROLE
from musiclog_gui.views.alert_detail import AlertDetail, snoozes
from musiclog_gui.views.alerts_page import AlertsPage
from musiclog_gui.views.empty_state import EmptyState


class Opened:
    """The page and what the tests look at."""

    def __init__(self, desk) -> None:
        self.alerts = AlertModel(desk.store, AlertMarks())
        desk.clock.frame.connect(self.alerts.absorb)
        self.page = desk.show(AlertsPage(desk.store, desk.selection, self.alerts))
        self.table = self.page.findChild(QTableView)
        self.detail = self.page.findChild(AlertDetail)
        self.empty = self.page.findChild(EmptyState)

    def kinds(self) -> list[str]:
        model = self.table.model()
        return [model.index(row, 0).data(ROW_ROLE).episode.kind for row in range(model.rowCount())]

    def texts(self) -> list[str]:
        return [label.text() for label in self.detail.widget().findChildren(QLabel)]

    def button(self, text: str) -> QAbstractButton:
        return next(each for each in self.page.findChildren(QAbstractButton) if each.text() == text)

    def press(self, text: str) -> None:
        self.button(text).click()


@pytest.fixture
def opened(desk) -> Opened:
    return Opened(desk)


def test_without_runs_and_without_alerts_the_page_says_what_would_fill_it(desk, opened) -> None:
    assert "Open a folder" in opened.empty.words()
    desk.run("one")
    desk.run("two")
    desk.qtbot.waitUntil(lambda: "watching 2 runs for loss spikes" in opened.empty.words())
    assert opened.empty.isVisible()


def test_the_newest_alert_stands_first_and_is_shown_in_full(desk, opened) -> None:
    entry = desk.run()
    desk.tell(entry, events=(desk.alert(step=100), desk.alert("nan_values", step=200, title="Not a number")))
    assert opened.kinds() == ["nan_values", "loss_spike"]
    assert "Not a number" in opened.texts()


def test_whoever_looks_for_the_first_time_sees_the_newest(desk, opened) -> None:
    opened.page.hide()
    entry = desk.run()
    desk.tell(entry, events=(desk.alert(step=100),))
    desk.tell(entry, events=(desk.alert("nan_values", step=200),))
    opened.page.show()
    assert opened.page.current().episode.kind == "nan_values"


def test_severity_is_told_by_sign_and_word(desk, opened) -> None:
    desk.tell(desk.run(), events=(desk.alert(severity="critical"),))
    assert opened.table.model().index(0, 0).data() == "◆  critical"


def test_figures_suggestions_and_the_change_to_copy(desk, opened) -> None:
    advice = {"text": "Set it back", "reason": "It jumped", "source": "IDEFICS", "patch": {"training.lr": 0.001}}
    desk.tell(desk.run(), events=(desk.alert(suggestions=[advice]),))
    assert {"median", "1.2", "Set it back", "It jumped", "Source: IDEFICS"} <= set(opened.texts())
    opened.press("Copy")
    assert json.loads(QGuiApplication.clipboard().text()) == {"training.lr": 0.001}


def test_show_on_charts_asks_for_the_moment(desk, opened) -> None:
    entry = desk.run(events=(desk.alert(),))
    opened.alerts.refresh_run(entry.id)
    with desk.qtbot.waitSignal(desk.selection.moment_requested) as asked:
        opened.press("Show on charts")
    assert asked.args == [entry.id, 120.0]


def test_news_keeps_selection_and_the_scroll_of_the_detail(desk, opened) -> None:
    entry = desk.run()
    advice = [{"text": f"Suggestion {number} " + "word " * 60} for number in range(12)]
    desk.tell(entry, events=(desk.alert(step=100, suggestions=advice),))
    bar = opened.detail.verticalScrollBar()
    bar.setValue(150)
    desk.tell(entry, events=(desk.alert("nan_values", step=900),))
    desk.tell(entry, events=(desk.alert(state="escalated", step=950, severity="critical"),))
    assert opened.page.current().episode.kind == "loss_spike"
    assert opened.page.current().episode.severity == "critical"
    assert bar.value() == 150


def test_news_keeps_what_is_in_sight(desk, opened) -> None:
    entry = desk.run()
    events = [desk.alert(step=1000.0 + each, id=f"a{each}", opened_step=1000.0 + each) for each in range(80)]
    desk.tell(entry, events=tuple(events))
    opened.table.verticalScrollBar().setValue(500)
    top = opened.table.indexAt(opened.table.rect().topLeft()).data(ROW_ROLE).key
    newer = [desk.alert(step=5000.0 + each, id=f"b{each}") for each in range(5)]
    desk.tell(entry, events=tuple(newer))
    assert opened.table.indexAt(opened.table.rect().topLeft()).data(ROW_ROLE).key == top


def test_acknowledging_is_counted_and_can_be_taken_back(desk, opened) -> None:
    desk.tell(desk.run(), events=(desk.alert(),))
    opened.press("Acknowledge")
    assert opened.alerts.total() == 0
    assert opened.page.current().acknowledged
    opened.press("Take back")
    assert opened.alerts.total() == 1


def test_a_muted_kind_can_be_found_again(desk, opened) -> None:
    desk.tell(desk.run(), events=(desk.alert(),))
    opened.button("Mute").menu().actions()[0].trigger()
    assert opened.alerts.total() == 0
    muted = opened.button("1 muted")
    muted.menu().actions()[0].trigger()
    assert opened.alerts.total() == 1
    assert not muted.isVisible()


def test_marks_that_cannot_be_kept_are_told_on_the_page(desk, opened, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    opened.alerts.marks = AlertMarks(tmp_path / "file" / "alerts.json")
    desk.tell(desk.run(), events=(desk.alert(),))
    opened.press("Acknowledge")
    assert "cannot be written" in opened.page._summary.text()


def test_filters_narrow_the_list_and_say_what_they_hide(desk, opened) -> None:
    one, two = desk.run("one"), desk.run("two")
    desk.tell(one, events=(desk.alert(severity="info"), desk.alert("nan_values", state="recovered")))
    desk.tell(two, events=(desk.alert("gradient_explosion", severity="critical"),))
    opened.button("Open only").setChecked(True)
    assert set(opened.kinds()) == {"loss_spike", "gradient_explosion"}
    severity, runs = opened.page._severity, opened.page._run
    severity.setCurrentIndex(severity.findData("critical"))
    assert opened.kinds() == ["gradient_explosion"]
    desk.qtbot.waitUntil(lambda: runs.findData(one.id) > 0)
    runs.setCurrentIndex(runs.findData(one.id))
    assert opened.kinds() == []
    assert "3 are hidden" in opened.empty.words()
    opened.page.choose((one.id, "nan_values-1"))
    assert opened.page.current().episode.kind == "nan_values"


def test_alerts_of_one_incident_lead_to_one_another(desk, opened) -> None:
    cause = desk.alert("learning_rate_issue", step=100, incident="incident-1", opened_step=100.0)
    spike = desk.alert(step=110, incident="incident-1", cause="learning_rate_issue-1", opened_step=110.0)
    entry = desk.run(events=(cause, spike))
    opened.alerts.refresh_run(entry.id)
    opened.page.choose((entry.id, "loss_spike-1"))
    opened.press("Probable cause: Learning rate out of line, step 100")
    assert opened.page.current().episode.kind == "learning_rate_issue"
    assert "Led to" in opened.texts()


def test_hostile_texts_are_shown_as_text(desk, opened) -> None:
    advice = {"text": desk.hostile, "reason": desk.hostile, "source": desk.hostile, "patch": {desk.hostile: 1}}
    event = desk.alert(desk.hostile, title=desk.hostile, evidence={desk.hostile: desk.hostile}, suggestions=[advice])
    desk.tell(desk.run(desk.hostile), events=(event,))
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in opened.detail.findChildren(QLabel))
    model = opened.table.model()
    cells = [str(model.index(0, column).data()) for column in range(model.columnCount())]
    assert all("\n" not in cell and "\u202e" not in cell and len(cell) < 400 for cell in cells)
    assert "&lt;b&gt;" in model.index(0, 1).data(Qt.ItemDataRole.ToolTipRole)
    opened.page.grab()


def menu(opened, text: str, begins: str) -> None:
    """Choose a line of a button's menu."""
    next(action for action in opened.button(text).menu().actions() if action.text().startswith(begins)).trigger()


def test_snoozing_from_the_menu_and_waking(desk, opened) -> None:
    desk.tell(desk.run(), events=(desk.alert(),))
    menu(opened, "Snooze", "For an hour")
    assert opened.alerts.total() == 0
    assert opened.page.current().snooze is not None
    opened.press("Wake")
    assert opened.alerts.total() == 1


def test_a_muted_run_can_be_found_again(desk, opened) -> None:
    desk.tell(desk.run("bach"), events=(desk.alert(),))
    menu(opened, "Mute", "Mute this run")
    assert opened.alerts.total() == 0
    menu(opened, "1 muted", "Unmute the run bach")
    assert opened.alerts.total() == 1


def test_the_morning_is_always_ahead() -> None:
    for hour in range(24):
        now = datetime(2026, 3, 3, hour, 30).timestamp()
        _, seconds, _ = snoozes(now)[2]
        assert 0 < seconds <= 86_400
        assert datetime.fromtimestamp(now + seconds).hour == 8


def test_how_it_went_is_told_turn_by_turn(desk, opened) -> None:
    entry = desk.run()
    desk.tell(entry, events=(desk.alert(),))
    assert "How it went" not in opened.texts()
    desk.tell(entry, events=(
        desk.alert(state="escalated", step=130, severity="critical"), desk.alert(state="recovered", step=150),
    ))  # fmt: skip
    assert {"How it went", "opened as warning", "became critical", "recovered"} <= set(opened.texts())


def test_what_both_found_says_so(desk, opened) -> None:
    desk.tell(desk.run(), events=(desk.alert(), desk.alert(id="x", found_by="reader")))
    assert opened.kinds() == ["loss_spike"]
    assert any("the run told of it itself" in text.lower() for text in opened.texts())


def test_an_alert_inside_an_incident_is_shown_under_its_leaders_row(desk, opened) -> None:
    cause = desk.alert("learning_rate_issue", incident="i-1")
    spike = desk.alert(incident="i-1", cause="learning_rate_issue-1", step=130)
    entry = desk.run()
    desk.tell(entry, events=(cause, spike))
    assert opened.kinds() == ["learning_rate_issue"]
    opened.press("Loss spike, step 120")
    assert opened.page.current().episode.kind == "loss_spike"
    assert opened.table.currentIndex().data(ROW_ROLE).episode.kind == "learning_rate_issue"
    opened.button("One row an incident").setChecked(False)
    assert set(opened.kinds()) == {"learning_rate_issue", "loss_spike"}


def test_options_are_told_and_chosen(desk, opened) -> None:
    page = opened.page
    page.set_options("high", False)
    chosen = [action for action in page._sensitivities.actions() if action.isChecked()]
    assert [action.data() for action in chosen] == ["high"]
    with desk.qtbot.waitSignal(page.sensitivity_chosen) as sensitivity:
        page._sensitivities.actions()[0].trigger()
    with desk.qtbot.waitSignal(page.notices_chosen) as notices:
        page._notices.trigger()
    assert (sensitivity.args, notices.args) == (["low"], [True])
    entry = desk.run()
    with desk.qtbot.waitSignal(page.roles_wanted) as wanted:
        page._ask_for_roles()
    assert wanted.args == [entry.id]
