"""Two real processes train one model over gloo, as torchrun starts them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[torch]'")

from musiclog import MusiclogError
from musiclog.integrations.torch.loading import is_shared_out

PROGRAM = Path(__file__).parent / "small_training.py"
LAUNCH = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(PROGRAM)]


def start(folder: Path, settings: str) -> list[str]:
    done = subprocess.run([*LAUNCH, str(folder), settings], capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    return sorted(done.stdout.splitlines())


def weights(folder: Path) -> list[torch.Tensor]:
    first, second = (torch.load(folder / f"weights{rank}.pt", weights_only=True) for rank in (0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    return list(first.values())


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("ranks") / "run"
    assert start(folder, '{"sample": true}') == ["finished 9", "finished 9"]  # 21 tunes, 2 times 4 a step, 3 epochs
    return folder


def test_each_rank_writes_its_own_files_and_only_the_first_samples_and_keeps(whole, lines):
    assert len(lines(whole / "metrics.rank1.jsonl")) >= 9
    assert len(list((whole / "samples").glob("*.mid"))) == 6
    checkpoints = [event for event in lines(whole / "events.jsonl") if event["event"] == "checkpoint"]
    assert [event["step"] for event in checkpoints] == [3, 6, 9]
    assert not [event for event in lines(whole / "events.rank1.jsonl") if event["event"] in ("checkpoint", "sample")]


def test_together_they_see_all_data_in_another_order_each_epoch(whole, lines):
    used = [[], []]
    for rank, name in enumerate(("data_usage.jsonl", "data_usage.rank1.jsonl")):
        used[rank] = [(row["epoch"], row["name"]) for row in lines(whole / name)]
    for epoch in (1, 2, 3):
        names = {name for rank in used for at, name in rank if at == epoch}
        assert len(names) == 21
    assert [name for at, name in used[0] if at == 1] != [name for at, name in used[0] if at == 2]


def test_a_signal_to_one_of_them_ends_all_at_one_step_and_together_they_go_on_bit_for_bit(whole, tmp_path, curve):
    folder = tmp_path / "parts"

    assert (
        start(folder, '{"sample": true, "signals": [[5, "SIGTERM"]], "signalled_rank": "1"}') == ["interrupted 5"] * 2
    )
    assert start(folder, '{"sample": true}') == ["finished 9", "finished 9"]
    assert all(torch.equal(a, b) for a, b in zip(weights(whole), weights(folder), strict=True))
    for name in ("total_loss", "optim/gradient_norm", "val/total_loss", "samples_seen"):
        assert curve(folder, name) == curve(whole, name)


def test_a_loader_that_gives_every_process_the_same_data_is_refused(small, tmp_path, monkeypatch):
    plain = torch.utils.data.DataLoader(small.Tunes(), batch_size=4, shuffle=True)
    sampler = torch.utils.data.DistributedSampler(small.Tunes(), num_replicas=2, rank=0)
    monkeypatch.setattr("musiclog.integrations.torch.trainer.Ranks", type("Two", (), {"rank": 0, "world": 2}))

    assert is_shared_out(torch.utils.data.DataLoader(small.Tunes(), batch_size=4, sampler=sampler))
    with pytest.raises(MusiclogError, match="every process would learn from the same data"):
        small.trainer(tmp_path, train_loader=plain)
