"""Runs that do not watch themselves are watched in the order of their time, a little at a time."""

from __future__ import annotations

import numpy as np

from musiclog import Run
from musiclog.checking import check
from musiclog.happenings import LateCards
from musiclog.records import Event, News, Points, RunInfo, SampleFile
from musiclog.rows import Rows
from musiclog.vigil import Vigil

NAN = float("nan")


def points(steps, values, times=None):
    steps = np.array(steps, dtype=np.float64)
    none = np.full(len(steps), NAN)
    times = none if times is None else np.array(times, dtype=np.float64)
    return Points(steps, times, none, np.array(values, dtype=np.float64))


def together(steps, times=None, **columns):
    first = points(steps, steps, times)
    return {
        name: Points(first.steps, first.times, first.epochs, np.array(values, dtype=np.float64))
        for name, values in columns.items()
    }


def in_order(batches):
    rows = Rows(batches)
    return list(rows.between(0, len(rows)))


def test_metrics_of_one_line_come_as_one_row():
    rows = in_order([together([1, 2], [10, 11], loss=[5, 6], lr=[0.1, 0.2])])
    assert rows == [(1, 10, None, {"loss": 5, "lr": 0.1}), (2, 11, None, {"loss": 6, "lr": 0.2})]


def test_metrics_from_files_of_their_own_are_put_in_the_order_of_time():
    """One file a metric: all of a is read before all of b."""
    rows = in_order([{"a": points([1, 2], [5, 6], [10, 12])}, {"b": points([1, 2], [7, 8], [11, 13])}])
    assert [step for step, *_ in rows] == [1, 1, 2, 2]
    assert [values for *_, values in rows] == [{"a": 5}, {"b": 7}, {"a": 6}, {"b": 8}]


def test_without_times_the_steps_give_the_order():
    rows = in_order([{"a": points([1, 3], [5, 6]), "b": points([2], [7])}])
    assert [step for step, *_ in rows] == [1, 2, 3]


def test_no_points_no_rows():
    assert in_order([]) == []


def test_work_is_bounded_and_goes_on_later():
    vigil = Vigil()
    steps = np.arange(20_000)
    losses = np.ones(20_000)
    losses[19_000] = NAN
    vigil.tell(News(points=together(steps, steps, loss=losses)))
    assert vigil.busy
    assert vigil.work(0.0) == []
    assert vigil.busy
    events, turns = [], 0
    while vigil.busy:
        events += vigil.work(0.001)
        turns += 1
    assert turns > 3
    [first, *_] = [event for event in events if event.data["kind"] == "nan_values"]
    assert (first.step, first.time) == (19_000, 19_000)


def test_what_is_open_is_closed_when_the_run_has_ended():
    vigil = Vigil()
    vigil.tell(News(points=together(range(50), loss=[*[1.0] * 45, *[NAN] * 5])))
    opened = vigil.work(1.0)
    assert opened[-1].data["state"] != "settled"
    assert not vigil.busy
    vigil.tell(News(info=RunInfo("a", "x", state="finished")))
    assert vigil.busy
    assert vigil.work(1.0)[-1].data["state"] == "settled"
    assert not vigil.busy


def test_a_run_that_starts_again_is_watched_from_its_start():
    vigil = Vigil()
    vigil.tell(News(points=together(range(100), loss=[1.0] * 100)))
    vigil.work(1.0)
    vigil.tell(News(points=together([1], loss=[NAN]), restarted=True))
    assert [event.data["kind"] for event in vigil.work(1.0)] == ["nan_values"]


def card(overall, entropy=3.0, notes_per_beat=1.0, flags=()):
    features = {"pitch_class_entropy": entropy, "distinct_pitches": 5.0, "notes_per_beat": notes_per_beat}
    return {"overall": overall, "flags": list(flags), "features": features}


def samples_of(step, cards, time=None):
    names = [f"/run/{step}_{i}.mid" for i in range(len(cards))]
    return tuple(SampleFile(n, n, step=step, time=time, card=c) for n, c in zip(names, cards, strict=True))


GOOD = [card(0.7 + i / 50, 3 + i / 5, 1 + i / 3) for i in range(4)]
SILENT = [card(0.2, flags=["empty"])] * 4


def kinds(events):
    return [event.data["kind"] for event in events]


def test_score_cards_beside_the_samples_tell_of_silence():
    vigil = Vigil()
    samples = (*samples_of(100, GOOD), *samples_of(200, SILENT), *samples_of(300, GOOD))
    vigil.tell(News(points=together(range(400), loss=[1.0] * 400), samples=samples))
    [first, *_] = vigil.work(1.0)
    assert (first.data["kind"], first.data["opened_step"], first.data["severity"]) == ("silence", 200, "critical")


def test_cards_that_are_made_later_wait_for_the_rest_of_their_evaluation():
    vigil = Vigil()
    samples = (*samples_of(100, [None] * 4), *samples_of(200, [None] * 4))
    vigil.tell(News(points=together(range(400), loss=[1.0] * 400), samples=samples))
    vigil.tell(News(info=RunInfo("a", "x", state="finished")))
    assert vigil.work(1.0) == []
    cards = dict(zip([sample.path for sample in samples], [*GOOD, *SILENT], strict=True))
    found = []
    for path in reversed(cards):  # the newest are scored first
        vigil.take_card(path, cards[path])
        found += vigil.work(1.0)
    assert kinds(found)[0] == "silence"
    assert found[0].data["opened_step"] == 200


def test_a_sample_that_cannot_be_scored_holds_nobody_up():
    cards = {"/run/1_0.mid": None, "/elsewhere.mid": GOOD[0]}
    late = LateCards(cards)
    late.expect(samples_of(1, [None] * 2))
    assert late.complete(ended=True) == []
    cards["/run/1_1.mid"] = GOOD[0]
    assert late.complete(ended=False) == [], "more samples of the newest step may come"
    assert [each.data for each in late.complete(ended=True)] == [GOOD[0]]
    assert late.complete(ended=True) == []


def test_advice_names_the_files_and_the_checkpoint_that_were_there_in_time():
    values = [1 + 0.01 * (step % 7) for step in range(3_000)]
    values[2_500:2_504] = [NAN] * 4
    usage = tuple({"t": float(step), "name": f"piece_{step}.mid"} for step in range(3_000))
    checkpoints = tuple(Event("checkpoint", step, float(step), None, {"path": f"{step}.pt"}) for step in (2_000, 2_600))
    vigil = Vigil()
    points = together(range(3_000), range(3_000), total_loss=values)
    vigil.tell(News(points=points, events=checkpoints, data_usage=usage))
    first = next(event for event in vigil.work(60.0) if event.data["kind"] == "nan_values")
    told = " ".join(each["text"] for each in first.data["suggestions"])
    assert first.step == 2_500
    assert "2000.pt" in told
    assert "2600.pt" not in told
    assert "piece_2500.mid" in told or "piece_2499.mid" in told


def test_a_resume_is_heard_where_it_happened():
    """The loss jumps at the resume; it is shaken for a while, which is no trouble."""
    values = [1 + 0.01 * (step % 7) for step in range(3_000)]
    values[2_000:2_002] = [1.4] * 2
    points = together(range(3_000), range(3_000), total_loss=values)
    quiet, loud = Vigil(), Vigil()
    quiet.tell(News(points=points, events=(Event("resume", 2_000, 1_999.5, None),)))
    loud.tell(News(points=points))
    opened = [event.step for event in loud.work(60.0) if event.data["kind"] == "loss_spike"]
    assert opened[:1] == [2_000]
    assert "loss_spike" not in kinds(quiet.work(60.0))


def test_a_run_of_our_own_is_judged_from_outside_as_it_judged_itself(tmp_path):
    """Rows, checkpoints, files and cards reach the reader's monitor in the order in which the run logged them."""
    with Run(tmp_path / "run", heartbeat_s=1000) as run:
        for step in range(600):
            run.log(step, total_loss=1 + 0.01 * (step % 7) if step < 500 else NAN)
            if step % 150 == 149:
                run.checkpoint(f"{step}.pt")
                for each in SILENT if step > 300 else GOOD:
                    run.log_sample(b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0", card=each)
    told = check(run.folder)
    looked = check(run.folder, sensitivity="normal")
    assert [episode_of(each) for each in looked.incidents] == [episode_of(each) for each in told.incidents]
    assert {each.leader.kind for each in looked.incidents} >= {"silence", "nan_values"}


def episode_of(incident):
    return [(each.kind, each.opened_step, each.severity, each.title) for each in incident.episodes]
