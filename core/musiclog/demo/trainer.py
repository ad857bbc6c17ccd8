"""Train the tune model and log everything that a run can tell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..memory import ram_gb
from ..notes import midi_bytes, read_notes
from ..quality import mean_quality, score
from ..run import Run
from .adam import Adam, clip, gradient_norm
from .composer import PROMPTS, compose, play
from .config import DemoConfig
from .excerpts import Batch, batches
from .gru import Array
from .melody import Melody
from .model import Dropout, TuneModel, cross_entropies
from .schedule import RestartFault, planned_schedule
from .tunes import HELD_OUT, Tune


class Stopped(Exception):
    """Somebody asked the run to end early."""


class Trainer:
    """One run from the first step to the last. may_go_on() is asked before every step."""

    def __init__(self, run: Run, config: DemoConfig, tunes: Sequence[Tune], may_go_on: Callable[[], bool]) -> None:
        self._run, self._config, self._may_go_on = run, config, may_go_on
        self._learn = [tune for tune in tunes if tune.name not in HELD_OUT]
        self._held_out = [tune.melody for tune in tunes if tune.name in HELD_OUT]
        self._rng = np.random.default_rng(config.seed)
        self._model = TuneModel(config.embedding, config.hidden, self._rng)
        self._adam = Adam(self._model.parameters, self._config.weight_decay)
        self._transposed: dict[tuple[str, int], Melody] = {}
        self._schedule: RestartFault | None = None  # known with the first epoch's number of steps
        self._step = 0
        self._best_loss = math.inf
        self._newest: Path | None = None  # checkpoint
        self._sound: Path | None = None  # the newest from before the fault

    def train(self) -> None:
        """All epochs; raises Stopped when asked to."""
        self._run.note(f"A GRU with {self._model.size:,} parameters learns {len(self._learn)} tunes, "
                       f"{len(self._held_out)} more are held out to measure on.")
        self._write_samples(epoch=0)
        for epoch in range(1, self._config.epochs + 1):
            self._train_epoch(epoch)

    def _train_epoch(self, epoch: int) -> None:
        melodies = self._hear_tunes(epoch)
        todo = list(batches(melodies, self._config.excerpt_events, self._config.batch_size, self._rng))
        schedule = self._schedule = self._schedule or planned_schedule(self._config, len(todo))
        self._run.epoch_start(epoch, batches=len(todo))
        for number, batch in enumerate(todo, 1):
            if not self._may_go_on():
                raise Stopped
            self._tell_of_fault(schedule)
            self._train_step(batch, schedule(self._step), epoch, number)
        validation = self._validate()
        self._save(epoch, validation["val/total_loss"])
        self._write_samples(epoch)
        self._run.epoch_end(epoch, validation)

    def _hear_tunes(self, epoch: int) -> list[Melody]:
        """Every tune in some of its keys, as logged; the original key is always among them."""
        heard = []
        for tune in self._learn:
            others = [key for key in tune.melody.transpositions() if key]
            keys = [0, *self._rng.choice(others, self._config.transpositions - 1, replace=False).tolist()]
            heard += [self._hear(tune, key, epoch) for key in keys]
        return heard

    def _hear(self, tune: Tune, semitones: int, epoch: int) -> Melody:
        began = time.perf_counter()
        known = self._transposed.get((tune.name, semitones))
        melody = known or self._transposed.setdefault((tune.name, semitones), tune.melody.transposed(semitones))
        self._run.log_data_usage(
            f"{tune.name}.abc", original_length=len(tune.melody), processed_length=len(melody) + 1,
            augmentation={"transpose": semitones} if semitones else {}, transposition=semitones,
            cache_hit=known is not None, seconds=round(time.perf_counter() - began, 6), epoch=epoch,
        )
        return melody

    def _train_step(self, batch: Batch, rate: float, epoch: int, number: int) -> None:
        began = time.perf_counter()
        dropout = Dropout(read=self._left_out((*batch.read.shape, 1), self._config.read_dropout),
                          states=self._left_out((*batch.read.shape[:2], self._config.hidden), self._config.dropout))
        scores, _, trace = self._model.forward(batch.read, dropout=dropout)
        losses, slope = cross_entropies(scores, batch.wanted)
        gradients = self._model.backward(slope, trace)
        norm = gradient_norm(gradients)
        clip(gradients, norm, self._config.clip_norm)
        self._adam.step(self._model.parameters, gradients, rate)
        self._step += 1
        self._run.log(self._step, {
            "total_loss": sum(losses.values()),
            **{f"loss/{name}": loss for name, loss in losses.items()},
            "optim/learning_rate": rate,
            "optim/gradient_norm": norm,
            "throughput/tokens_per_second": batch.tokens / (time.perf_counter() - began),
            "memory/ram_gb": ram_gb(),
        }, epoch=epoch, batch=number)

    def _left_out(self, shape: tuple[int, ...], share: float) -> Array:
        """0 for what is left out, and for the rest the factor that keeps the mean."""
        kept = self._rng.random(shape, np.float32) >= share
        return kept.astype(np.float32) / np.float32(1 - share)

    def _validate(self) -> dict[str, float]:
        """Losses on the held-out tunes, each whole and in its own key, weighted by their events."""
        sums: dict[str, float] = {}
        events = sum(len(melody) for melody in self._held_out)
        for melody in self._held_out:
            for batch in batches([melody], len(melody) + 1, 1, np.random.default_rng(0)):
                losses, _ = cross_entropies(self._model.forward(batch.read)[0], batch.wanted)
                for name, loss in losses.items():
                    sums[name] = sums.get(name, 0.0) + loss * len(melody) / events
        return {"val/total_loss": sum(sums.values()), **{f"val/{name}_loss": loss for name, loss in sums.items()}}

    def _save(self, epoch: int, loss: float) -> None:
        path = self._run.folder / "checkpoints" / f"epoch_{epoch:04}.npz"
        path.parent.mkdir(exist_ok=True)
        np.savez(path, **{name.replace("/", "."): p for name, p in self._model.parameters.items()})
        self._run.checkpoint(path, step=self._step, best=loss < self._best_loss, val_loss=loss)
        self._best_loss, self._newest = min(loss, self._best_loss), path

    def _write_samples(self, epoch: int) -> None:
        """One tune a prompt, always with the same seed, so that only the learning differs; scored, and logged."""
        cards = []
        for number, prompt in enumerate(PROMPTS):
            seed = self._config.seed + number
            melody = compose(self._model, prompt.frame, self._config.temperature, np.random.default_rng(seed))
            midi = midi_bytes(play(melody, prompt.name))
            cards.append(score(read_notes(midi)))
            self._run.log_sample(midi, step=self._step, epoch=epoch, name=f"epoch_{epoch:04}_{number:02}",
                                 prompt=prompt.name, seed=seed, temperature=self._config.temperature,
                                 card=cards[-1].as_dict())
        # Before the first epoch there is none: a 0 would say that epochs are counted from 0.
        self._run.log(self._step, mean_quality(cards), epoch=epoch or None)

    def _tell_of_fault(self, schedule: RestartFault) -> None:
        """Announce the fault when it begins; when it ends, go back to the checkpoint from before it."""
        if self._step == schedule.begins:
            self._sound = self._newest
            self._run.note(
                f"Deliberate fault of this demo, from step {self._step}: the schedule is built again with "
                f"{schedule.factor:g} times its rate, as happens after a careless resume.", fault="learning_rate")
        elif self._step == schedule.ends and self._sound:
            self._load(self._sound)
            self._run.note(f"The deliberate fault ends at step {self._step}: the schedule is sound again and "
                           f"{self._sound.name} is loaded.", checkpoint=self._sound.name)

    def _load(self, path: Path) -> None:
        with np.load(path) as saved:
            for name, parameter in self._model.parameters.items():
                parameter[...] = saved[name.replace("/", ".")]
        self._adam = Adam(self._model.parameters, self._config.weight_decay)
