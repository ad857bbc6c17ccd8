"""Checkpoints are whole or not there, believed by their checksum, and the good and the new ones are kept."""

from __future__ import annotations

import os

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[torch]'")

from musiclog.integrations.torch import CheckpointError
from musiclog.integrations.torch.checkpoints import CheckpointFolder, load_state


@pytest.fixture
def complaints():
    return []


@pytest.fixture
def folder(tmp_path, complaints):
    return CheckpointFolder(
        tmp_path / "checkpoints", keep_last=2, keep_best=1, higher_is_better=False, complain=complaints.append
    )


def save(folder, step, **more):
    return folder.save({"weights": torch.full((100,), float(step))}, step=step, epoch=1, **{"reason": "epoch"} | more)


def test_the_newest_the_best_and_those_of_alerts_are_kept(folder):
    for step, value in enumerate([5.0, 1.0, 3.0, float("nan"), 4.0], 1):
        save(folder, step, value=value, reason="alert" if step == 1 else "epoch")

    assert [each.step for each in folder.all()] == [1, 2, 4, 5]
    assert folder.best().step == 2
    kept = {path.name for path in folder.folder.iterdir()}
    assert kept == {f"step_{step:08d}.{ending}" for step in (1, 2, 4, 5) for ending in ("pt", "json")}


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


HARMS = {
    "one bit": damage,
    "cut off": lambda path: os.truncate(path, 100),
    "no checksum": lambda path: path.with_suffix(".json").unlink(),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_newest_one_is_told_and_the_one_before_is_used(folder, complaints, harm):
    save(folder, 1)
    newest = save(folder, 2)
    HARMS[harm](folder.folder / newest.file)

    found, state = folder.newest_sound()
    assert (found.step, state["weights"][0]) == (1, 1.0)
    if harm != "no checksum":
        assert "step_00000002.pt is damaged" in complaints[0]
    with pytest.raises(CheckpointError):
        load_state(folder.folder / newest.file)


def test_a_write_that_fails_leaves_the_checkpoints_as_they_were(folder, monkeypatch):
    save(folder, 1)

    def full(fd):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            save(folder, 2)
    assert [each.step for each in folder.all()] == [1]
    save(folder, 3)
    assert [each.step for each in folder.all()] == [1, 3]
    assert not list(folder.folder.glob(".*"))  # what was half written is gone


def test_a_step_that_comes_again_does_not_write_over_the_first(folder):
    first, second = save(folder, 1), save(folder, 1)

    assert first.file != second.file
    assert folder.newest_sound()[0] == second


class Odd:
    """Not among what torch reads without running foreign code."""


def test_what_only_pickle_reads_is_refused_unless_trusted(folder):
    made = folder.save({"odd": Odd()}, step=1, epoch=1, reason="epoch")

    with pytest.raises(CheckpointError, match="set trust_checkpoints"):
        load_state(folder.folder / made.file)
    assert isinstance(load_state(folder.folder / made.file, trust=True)["odd"], Odd)


def test_a_full_disk_is_said_once_and_training_goes_on(tmp_path, small, monkeypatch, capsys):
    def full(self, *arguments, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CheckpointFolder, "save", full)
    outcome = small.trainer(tmp_path).fit()

    assert (outcome.state, outcome.last, outcome.step) == ("finished", None, 18)
    assert capsys.readouterr().err.count("No space left") == 1


def test_a_training_with_a_damaged_newest_checkpoint_says_so_and_goes_on_from_the_one_before(tmp_path, small, lines):
    first = small.trainer(tmp_path, epochs=2).fit()
    damage(first.last)
    outcome = small.trainer(tmp_path, epochs=3).fit(resume=True)

    assert outcome.step == 18
    notes = [event["text"] for event in lines(tmp_path / "events.jsonl") if event["event"] == "note"]
    assert "is damaged" in notes[0]
    resumed = [event for event in lines(tmp_path / "events.jsonl") if event["event"] == "resume"]
    assert resumed[0]["step"] == 7  # the epoch after the first


def test_the_weights_of_the_best_can_be_loaded_alone(tmp_path, small):
    made = small.trainer(tmp_path)
    outcome = made.fit()
    other = small.trainer(tmp_path / "other")
    other.load(outcome.best)

    assert outcome.best == outcome.last  # it learns
    assert all(
        torch.equal(a, b) for a, b in zip(small.weights(made).values(), small.weights(other).values(), strict=True)
    )


def test_resume_true_insists(tmp_path, small):
    with pytest.raises(CheckpointError, match="holds no sound checkpoint to resume: there is none"):
        small.trainer(tmp_path).fit(resume=True)
