"""Events of one trouble become one episode, whoever told of it, and episodes of one cause one incident."""

from __future__ import annotations

from typing import Any

from musiclog.episodes import AlertEpisode, Episodes, incidents
from musiclog.records import Event


def alert(kind: str = "loss_spike", step: float = 120.0, state: str = "opened", **more: Any) -> Event:
    data = {"id": f"{kind}-{step:g}", "kind": kind, "severity": "warning", "state": state, "metric": "loss",
            "step": step, "opened_step": step, "last_step": step, "title": f"{kind} at {step:g}", **more}  # fmt: skip
    return Event("alert", step, 1000.0 + step, None, data)


def found(*events: Event) -> list[AlertEpisode]:
    return Episodes(events).current()


def test_what_the_run_told_and_what_the_reader_found_is_one_episode() -> None:
    (episode,) = found(
        alert(id="their-own-1"), alert(step=131, found_by="reader", severity="critical"),
        alert(step=160, id="loss_spike-131", found_by="reader", state="recovered"),
    )  # fmt: skip
    assert episode.found_by == {"run", "reader"}
    assert (episode.severity, episode.state, episode.opened_step) == ("critical", "recovered", 120.0)
    assert [turn.state for turn in episode.history] == ["opened", "opened", "recovered"]


def test_the_same_id_of_both_is_one_episode() -> None:
    assert len(found(alert(), alert(found_by="reader"))) == 1


def test_another_kind_another_metric_or_another_time_is_another_episode() -> None:
    assert len(found(alert(), alert("loss_plateau", 121, found_by="reader"))) == 2
    assert len(found(alert(), alert(step=121, found_by="reader", metric="val_loss"))) == 2
    assert len(found(alert(), alert(step=900, found_by="reader"))) == 2
    assert len(found(alert(), alert(step=130))) == 2, "one watcher means two things by two ids"


def test_a_metric_that_only_one_of_them_names_parts_nothing() -> None:
    assert len(found(alert(metric=None), alert(step=125, found_by="reader"))) == 1


def test_the_course_keeps_the_severity_reached() -> None:
    (episode,) = found(alert(), alert(state="escalated", severity="critical"), alert(state="recovered"))
    assert [(turn.state, turn.severity) for turn in episode.history] == [
        ("opened", "warning"), ("escalated", "critical"), ("recovered", "critical"),
    ]  # fmt: skip


def test_what_was_not_over_when_the_run_ended_keeps_its_advice() -> None:
    opened = alert(suggestions=[{"text": "Stop"}])
    ended = alert(state="settled", evidence={"ended": "the run ended"}, suggestions=[{"text": "Nothing to do"}])
    (episode,) = found(opened, ended)
    assert episode.unresolved
    assert not episode.open
    assert episode.suggestions == ({"text": "Stop"},)


def test_only_new_events_are_looked_at() -> None:
    events = [alert()]
    episodes = Episodes(events)
    first = episodes.current()
    assert episodes.current() == first
    events.append(alert("nan_values", 130))
    assert [each.kind for each in episodes.current()] == ["loss_spike", "nan_values"]


def test_an_incident_is_led_by_its_cause_and_as_grave_as_its_gravest() -> None:
    spike = alert(incident="i-1", severity="critical", cause="learning_rate_issue-125")
    cause = alert("learning_rate_issue", 125, incident="i-1")
    alone = alert("loss_plateau", 500)
    first, second = incidents(found(spike, cause, alone))
    assert [each.kind for each in first.episodes] == ["learning_rate_issue", "loss_spike"]
    assert (first.leader.kind, first.severity, first.open) == ("learning_rate_issue", "critical", True)
    assert second.id == "loss_plateau-500"
