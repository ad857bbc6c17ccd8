"""What a run can be asked about, taken from its data."""

from __future__ import annotations

import numpy as np

from musiclog.query import facts_of, parse
from musiclog.records import Event, News, Points, RunInfo, RunRef, SampleFile
from musiclog.run_data import RunData


def run() -> RunData:
    steps = np.arange(5.0)
    data = RunData(RunRef("/runs/a", "musiclog", "a"))
    data.absorb(
        News(
            info=RunInfo("a", "musiclog", state="running", started=1000.0, heartbeat=1500.0, tags=("base",)),
            config={"training": {"learning_rate": 1e-3}},
            points={"loss": Points(steps, steps + 1000, steps, steps[::-1].copy())},
            samples=(SampleFile("/runs/a/x.MID", "x"),),
            events=(
                Event("alert", 1.0, None, None, {"id": "1", "state": "opened"}),
                Event("alert", 1.0, None, None, {"id": "1", "state": "recovered"}),
                Event("checkpoint", 2.0, None, None),
            ),
        )
    )
    return data


def test_the_data_of_a_run_become_its_facts() -> None:
    facts = facts_of(run(), 1510.0, tags=("mine", "base"), starred=True)
    assert facts.tags == ("base", "mine")
    assert (facts.samples, facts.midi, facts.alerts, facts.checkpoints) == (1, 1, 1, 1)
    assert (facts.steps, facts.age_s, facts.runtime_s, facts.started_s) == (4.0, 10.0, 500.0, 510.0)
    assert dict(facts.metrics) == {"loss": 0.0}
    assert parse("lr=1e-3 loss<1 age<1min has:midi is:starred -is:archived").matches(facts)


def test_a_run_without_anything_answers_too() -> None:
    facts = facts_of(RunData(RunRef("/runs/b", "musiclog", "b")), 0.0)
    assert facts.age_s is None
    assert not parse("age<1h").matches(facts)
    assert parse("b -has:samples state:unknown").matches(facts)
