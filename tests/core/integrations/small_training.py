"""A training that takes a second: python small_training.py FOLDER '{"epochs": 2}'; ranks come from the environment."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import mido
import numpy as np
import orjson
import torch
from torch import nn

from musiclog.integrations.torch import AdvancedTrainer, MadeSample, TrainerConfig

torch.set_num_threads(1)  # sums in one order, and a core for the others
PITCHES = 24


class Composer(nn.Module):
    """A GRU over pitches, with dropout, so that training draws from torch's generator."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.embedding = nn.Embedding(PITCHES, size)
        self.dropout = nn.Dropout(0.3)
        self.memory = nn.GRU(size, size, batch_first=True)
        self.answer = nn.Linear(size, PITCHES)

    def forward(self, pitches: torch.Tensor) -> torch.Tensor:
        return self.answer(self.memory(self.dropout(self.embedding(pitches)))[0])


class Tunes(torch.utils.data.Dataset):
    """Scales that are transposed by chance, with all three generators that people draw from."""

    def __init__(self, count: int = 21) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Any]:
        shift = random.randrange(3) + int(np.random.randint(3)) + int(torch.randint(3, ()))
        pitches = (torch.arange(9) + index + shift) % PITCHES
        file = {"name": f"tune_{index:02}.mid", "original_length": 9, "transposition": shift,
                "augmentation": {"transpose": shift}}  # fmt: skip
        return {"pitches": pitches, "files": file}


def loss_fn(model: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
    pitches = batch["pitches"]
    scores = model(pitches[:, :-1])
    answer = nn.functional.cross_entropy(scores.flatten(0, 1), pitches[:, 1:].flatten())
    return {"pitch": answer, "size": 0.01 * scores.square().mean()}


def scale(step: int = 0, notes: int = 16) -> mido.MidiFile:
    track = mido.MidiTrack()
    for degree in range(notes):
        pitch = 60 + (degree * 2 + step) % 24
        track += [mido.Message("note_on", note=pitch), mido.Message("note_off", note=pitch, time=240)]
    return mido.MidiFile(tracks=[track])


def compose(model: nn.Module, step: int, epoch: int) -> list[MadeSample]:
    assert not model.training
    shift = int(torch.randint(12, ()))
    return [MadeSample(scale(shift), prompt=name, seed=0, temperature=0.9) for name in ("up", "down")]


def trainer(
    folder: Path, *, loss=loss_fn, train_dataset: Any = None, model: Any = None, **more: Any
) -> AdvancedTrainer:
    """settings of the configuration go into more, beside what AdvancedTrainer takes."""
    names = TrainerConfig.__dataclass_fields__.keys()
    settings = {"epochs": 3, "batch_size": 4, "learning_rate": 0.01} | {
        name: more.pop(name) for name in list(more) if name in names
    }
    torch.manual_seed(7)
    return AdvancedTrainer(
        model=model or Composer(), config=settings, train_dataset=train_dataset or Tunes(), loss_fn=loss, folder=folder,
        device="cpu", **{"val_dataset": Tunes(8), "monitor": False} | more,
    )  # fmt: skip


def interrupted_at(step: int, number: int = signal.SIGTERM, loss: Any = loss_fn) -> Any:
    """A loss_fn that sends this process a signal while it works on the batch of that number."""
    calls = 0

    def interrupting(model: Any, batch: dict[str, Any]) -> Any:
        nonlocal calls
        calls += model.training
        if calls == step:
            os.kill(os.getpid(), number)
        return loss(model, batch)

    return interrupting


def weights(made: AdvancedTrainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in made.model.state_dict().items()}


def main(folder: str, settings: str) -> None:
    more = orjson.loads(settings)
    kill_at = more.pop("kill_at", None)
    signals = more.pop("signals", [])
    if os.environ.get("RANK", "0") != more.pop("signalled_rank", "0"):
        signals = []
    loss = loss_fn if kill_at is None else interrupted_at(kill_at, signal.SIGKILL)
    for at, name in signals:
        loss = interrupted_at(at, signal.Signals[name], loss)
    made = trainer(Path(folder), loss=loss, sample_fn=compose if more.pop("sample", False) else None, **more)
    outcome = made.fit()
    rank = os.environ.get("RANK", "0")
    torch.save(made.model.state_dict(), f"{folder}/weights{rank}.pt")
    sys.stdout.write(f"{outcome.state} {outcome.step}\n")
    made.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
