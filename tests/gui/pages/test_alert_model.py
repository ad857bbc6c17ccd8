"""Events of one id are one episode, and what nobody has seen yet is counted."""

from __future__ import annotations

import json

from musiclog.records import News, RunRef
from musiclog.run_data import RunData
from musiclog_gui.state.alert_marks import AlertMarks
from musiclog_gui.state.alerts import AlertModel, episodes, kind_words


def of(*events):
    data = RunData(RunRef("/r", "test", "r"))
    data.absorb(News(events=events))
    return episodes(data)


def test_opening_escalation_and_end_are_one_episode(desk) -> None:
    found = of(
        desk.alert(step=120, title="It rose"),
        desk.alert(state="escalated", step=130, severity="critical", title="It rose further"),
        desk.alert(state="recovered", step=150, severity="warning", title="It is back"),
    )
    assert len(found) == 1
    episode = found[0]
    assert (episode.state, episode.severity, episode.open) == ("recovered", "critical", False)
    assert (episode.opened_step, episode.last_step) == (120, 150)
    assert (episode.title, episode.ending) == ("It rose further", "It is back")


def test_an_episode_that_opens_again_is_open(desk) -> None:
    found = of(desk.alert(), desk.alert(state="recovered", step=130), desk.alert(step=140))
    assert [episode.open for episode in found] == [True]


def test_suggestions_and_figures_stay_when_the_end_brings_none(desk) -> None:
    advice = [{"text": "Lower the learning rate", "patch": {"lr": 0.1}}]
    found = of(desk.alert(suggestions=advice), desk.alert(state="recovered", suggestions=[], evidence={}))
    assert found[0].suggestions == ({"text": "Lower the learning rate", "patch": {"lr": 0.1}},)
    assert found[0].evidence == {"value": 4.5, "median": 1.2}


def test_a_record_without_fields_is_still_an_alert(desk) -> None:
    event = desk.alert()
    found = of(type(event)("alert", 5.0, None, None, {}))
    assert (found[0].severity, found[0].open, found[0].opened_step) == ("warning", True, 5.0)


def test_a_kind_of_a_plug_in_is_called_by_its_name() -> None:
    assert kind_words("posterior_collapse") == "Posterior collapse"


def test_open_alerts_are_counted_per_run_and_in_all(desk) -> None:
    alerts = AlertModel(desk.store, AlertMarks())
    desk.clock.frame.connect(alerts.absorb)
    one, two = desk.run("one"), desk.run("two")
    with desk.qtbot.waitSignal(alerts.counts_changed):
        desk.tell(one, events=(desk.alert(), desk.alert(kind="nan_values")))
    desk.tell(two, events=(desk.alert(),))
    assert (alerts.count(one.id), alerts.count(two.id), alerts.total()) == (2, 1, 3)
    desk.tell(one, events=(desk.alert(state="recovered", step=150),))
    assert alerts.total() == 2
    desk.store.remove(one.id)
    assert (alerts.total(), alerts.rowCount()) == (1, 1)


def test_acknowledged_and_muted_alerts_are_not_counted(desk) -> None:
    alerts = AlertModel(desk.store, AlertMarks())
    entry = desk.run(events=(desk.alert(), desk.alert(kind="nan_values")))
    alerts.refresh_run(entry.id)
    alerts.acknowledge([(entry.id, "loss_spike-1")])
    assert alerts.total() == 1
    alerts.mute_kind("nan_values")
    assert alerts.total() == 0
    alerts.mute_kind("nan_values", False)
    assert alerts.total() == 1


def test_marks_last_beyond_the_window(tmp_path) -> None:
    path = tmp_path / "user" / "alerts.json"
    marks = AlertMarks(path)
    marks.acknowledge([("/r", "a")])
    marks.mute("loss_spike")
    again = AlertMarks(path)
    assert again.is_acknowledged(("/r", "a"))
    assert again.muted() == ["loss_spike"]
    again.acknowledge([("/r", "a")], False)
    assert not AlertMarks(path).is_acknowledged(("/r", "a"))


def test_marks_that_cannot_be_read_or_kept_say_why(tmp_path) -> None:
    path = tmp_path / "alerts.json"
    path.write_text("{broken")
    marks = AlertMarks(path)
    assert "cannot be read" in marks.trouble
    marks.mute("loss_spike")
    assert json.loads(path.read_text())["muted"] == ["loss_spike"]
    (tmp_path / "file").write_text("")
    nowhere = AlertMarks(tmp_path / "file" / "alerts.json")
    nowhere.mute("loss_spike")
    assert "cannot be written" in nowhere.trouble
    assert nowhere.is_muted("loss_spike")


class Night:
    """A model whose clock a test sets."""

    def __init__(self, desk, path=None) -> None:
        self.now = 1_700_000_000.0
        self.alerts = AlertModel(desk.store, AlertMarks(path), clock=lambda: self.now)
        desk.clock.frame.connect(self.alerts.absorb)

    def row(self, key):
        return self.alerts.row(self.alerts.find(key))


def test_a_snoozed_alert_comes_back_when_its_time_is_over(desk, tmp_path) -> None:
    night = Night(desk, tmp_path / "alerts.json")
    entry = desk.run(events=(desk.alert(),))
    key = entry.id, "loss_spike-1"
    night.alerts.snooze(night.row(key), seconds=600)
    assert (night.alerts.total(), night.row(key).snooze.until) == (0, night.now + 600)
    assert Night(desk, tmp_path / "alerts.json").alerts.total() == 0, "it is kept"
    night.now += 599
    night.alerts.tick()
    assert night.alerts.total() == 0
    night.now += 2
    with desk.qtbot.waitSignal(night.alerts.counts_changed):
        night.alerts.tick()
    assert night.alerts.total() == 1


def test_a_snooze_may_last_for_some_steps_of_the_run(desk) -> None:
    night = Night(desk)
    entry = desk.run(points=desk.points(total_loss=[1.0] * 10), events=(desk.alert(),))
    key = entry.id, "loss_spike-1"
    night.alerts.snooze(night.row(key), steps=100)
    assert "asleep until step 109" in night.alerts.text(night.row(key), AlertModel.STATE)
    desk.tell(entry, points=desk.points(total_loss=[1.0] * 109))
    assert night.alerts.total() == 0
    desk.tell(entry, points=desk.points(total_loss=[1.0] * 110))
    assert night.alerts.total() == 1


def test_what_gets_graver_wakes_and_so_does_the_user(desk) -> None:
    night = Night(desk)
    entry = desk.run(events=(desk.alert(),))
    key = entry.id, "loss_spike-1"
    night.alerts.snooze(night.row(key), seconds=600)
    desk.tell(entry, events=(desk.alert(state="escalated", severity="critical"),))
    assert night.alerts.total() == 1
    night.alerts.snooze(night.row(key), seconds=600)
    night.alerts.wake(night.row(key))
    assert night.alerts.total() == 1


def test_a_muted_run_is_not_counted(desk) -> None:
    night = Night(desk)
    one = desk.run("one", events=(desk.alert(), desk.alert("nan_values")))
    desk.run("two", events=(desk.alert(),))
    night.alerts.mute_run(one.id)
    assert (night.alerts.count(one.id), night.alerts.total()) == (0, 1)
    assert "(run muted)" in night.alerts.text(night.row((one.id, "loss_spike-1")), AlertModel.STATE)
    night.alerts.mute_run(one.id, False)
    assert night.alerts.total() == 3


def test_an_incident_is_one_row_and_one_in_the_count(desk) -> None:
    night = Night(desk)
    cause = desk.alert("learning_rate_issue", incident="i-1")
    spike = desk.alert(incident="i-1", cause="learning_rate_issue-1", severity="critical")
    entry = desk.run(events=(spike, cause, desk.alert("loss_plateau")))
    row = night.row((entry.id, "learning_rate_issue-1"))
    assert (night.alerts.total(), night.alerts.leading()) == (2, 2)
    assert night.alerts.text(row, AlertModel.SEVERITY) == "◆  critical"
    assert night.alerts.text(row, AlertModel.KIND) == "Learning rate out of line  +1"
    night.alerts.acknowledge(row.keys)
    assert night.alerts.total() == 1
    night.alerts.join_incidents(False)
    assert night.alerts.leading() == 3


def test_a_run_that_ended_in_grave_trouble_still_calls(desk) -> None:
    night = Night(desk)
    ended = {"state": "settled", "evidence": {"ended": "the run ended"}}
    entry = desk.run(events=(desk.alert(), desk.alert("nan_values", severity="critical")))
    desk.tell(entry, events=(desk.alert(**ended), desk.alert("nan_values", **ended)))
    assert [row.episode.kind for row in night.alerts.rows() if row.calls] == ["nan_values"]
    assert night.alerts.text(night.row((entry.id, "nan_values-1")), AlertModel.STATE) == "not over"
