"""Alerts survive the way through a file."""

import json

from musiclog.anomaly import Alert, Suggestion
from musiclog.anomaly.alert import KINDS, SEVERITIES, cause_rank, plain, worse


def an_alert() -> Alert:
    return Alert(
        id="loss_spike-12",
        kind="loss_spike",
        severity="warning",
        state="opened",
        metric="total_loss",
        step=12,
        opened_step=12,
        last_step=12,
        title="Loss rose to 4.2 at step 12",
        evidence={"value": 4.2, "ratio": float("inf"), "files": ("a.mid",), "part": None},
        suggestions=(
            Suggestion("Look", "because", "PaLM", {"training.learning_rate": 0.001}),
            Suggestion("Wait", "", ""),
        ),
        incident="incident-1-12",
        cause="learning_rate_issue-11",
        epoch=2,
        time=1_795_449_414.0,
    )


def test_an_alert_comes_back_from_json_as_it_was_written():
    alert = an_alert()
    there_and_back = Alert.from_dict(json.loads(json.dumps(alert.as_dict(), allow_nan=False)))
    assert there_and_back.as_dict() == alert.as_dict()
    assert there_and_back.suggestions == alert.suggestions


def test_numbers_that_json_does_not_know_become_the_words_of_the_run_folder():
    assert plain({"a": float("nan"), "b": [float("-inf")]}) == {"a": "NaN", "b": ["-Infinity"]}


def test_a_record_with_odd_or_missing_fields_still_gives_an_alert():
    alert = Alert.from_dict({"event": "alert", "t": 1.0, "step": 7, "suggestions": ["text"], "evidence": None})
    assert (alert.opened_step, alert.suggestions, alert.evidence) == (7, (), {})


def test_severities_and_causes_have_an_order():
    assert worse("info", "critical") == worse("critical", "warning") == "critical"
    assert SEVERITIES[-1] == "fatal"
    assert cause_rank("learning_rate_issue") < cause_rank("loss_spike") < cause_rank("a plug-in's kind") == len(KINDS)
