"""A training while it runs: epochs and steps, and when it is evaluated, kept and ended."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from time import perf_counter
from typing import Any

from ...run import Run
from .batches import BatchFacts
from .checkpoints import CheckpointFolder
from .loading import count_batches, drawing_state, open_epoch, restore_drawing_state
from .parts import Parts
from .place import Ending, Place, Wishes
from .ranks import Ranks, bare
from .samples import write_samples
from .schedules import lower_rate, rates, waits_for_value
from .signals import StopSignals
from .state import restore, whole_state
from .stopping import EarlyStop
from .telling import Amount, StepTeller
from .update import Update
from .validation import validate

LOWER_RATE_BY = 0.5  # what reduce_learning_rate does to the rate


class Training:
    """Trains from where it stands until it is done or asked to end.

    wishes: filled by the run's actions while a step is logged; None where the run has no actions.
    """

    def __init__(
        self,
        parts: Parts,
        run: Run,
        *,
        folder: CheckpointFolder,
        ranks: Ranks,
        signals: StopSignals,
        wishes: Wishes | None,
    ) -> None:
        self._parts, self._config, self._run, self._folder = parts, parts.config, run, folder
        self._ranks, self._signals, self._wishes = ranks, signals, wishes
        self._update = Update(parts)
        self._teller = StepTeller(run, parts.config.log_every_steps)
        self._stop = EarlyStop(parts.config)
        self._epoch_drawing: dict[str, Any] | None = None  # the generators as they were when the epoch began
        self._judged: tuple[int, float] | None = None  # step and figure of the newest evaluation
        self._saved: tuple[int, int, int] | None = None
        self.place = Place()

    def resume(self, state: dict[str, Any]) -> None:
        self.place, self._epoch_drawing = restore(state, self._parts, self._ranks)
        self._stop.restore(state["heard"])
        self._saved = self._here

    def go(self) -> Ending:
        """Train to the end; the last state is kept however it ends, unless by an error."""
        ending = None
        while ending is None and self.place.epoch <= self._config.epochs:
            ending = self._train_epoch()
        ending = ending or Ending("finished", "all epochs are done")
        if ending.state == "finished" and self.place.batch:  # inside an epoch, by max_steps
            self._evaluate_inside(validating=True, sampling=True)
        if self._saved != self._here:
            self._save(ending.state)
        return ending

    # -- epochs ------------------------------------------------------------------------------------

    def _train_epoch(self) -> Ending | None:
        """Train the epoch, or what is left of it; why the training ends inside or after it, if it does."""
        ending = self._reason_to_end()
        if ending is not None:
            return ending
        batches = self._open_epoch()
        self._run.epoch_start(self.place.epoch, self._steps_per_epoch())
        self._parts.model.train()
        self._teller.pause_ends()
        while (ending := self._reason_to_end()) is None:
            window = self._fetch(batches)
            if not window:
                self._end_epoch()
                return None
            self._train_step(window)
        return ending

    def _open_epoch(self) -> Iterator[Any]:
        loader, place = self._parts.train_loader, self.place
        if not place.batch or self._epoch_drawing is None:
            self._epoch_drawing = drawing_state(loader)
            return open_epoch(loader, place.epoch)
        here = drawing_state(loader)
        restore_drawing_state(loader, self._epoch_drawing)
        batches = open_epoch(loader, place.epoch, skip=place.batch)
        restore_drawing_state(loader, here)
        return batches

    def _steps_per_epoch(self) -> int | None:
        batches = count_batches(self._parts.train_loader)
        return None if batches is None else math.ceil(batches / self._config.gradient_accumulation_steps)

    def _end_epoch(self) -> None:
        place, config = self.place, self._config
        last = place.epoch == config.epochs
        metrics = {} if place.mean_loss is None else {"train/loss_epoch": place.mean_loss}
        metrics |= self._evaluate(
            validating=last or place.epoch % config.validate_every_epochs == 0,
            sampling=last or place.epoch % config.sample_every_epochs == 0,
        )
        scheduler = self._parts.scheduler
        if not self._parts.per_step and not waits_for_value(scheduler):
            scheduler.step()
        # Under its own step: a run that has just been resumed here has logged none.
        self._run.log(place.step, metrics, epoch=place.epoch)
        self._run.epoch_end(place.epoch)
        place.next_epoch()
        if last or (place.epoch - 1) % config.checkpoint_every_epochs == 0:
            self._save("epoch")

    def _reason_to_end(self) -> Ending | None:
        """The same on all ranks, whichever of them has the reason."""
        reason = self._own_reason()
        if not self._ranks.any(reason is not None, self._parts.device):
            return None
        reasons: list[Ending | None] = self._ranks.gather(reason)
        return next(each for each in reasons if each is not None)

    def _own_reason(self) -> Ending | None:
        if self._signals.asked is not None:
            return Ending("interrupted", f"{self._signals.asked} asked for it")
        if self._run.should_stop:
            return Ending("stopped", "an alert asked for it")
        if self._stop.asked:
            return Ending("stopped", self._stop.reason)
        if self._config.max_steps is not None and self.place.step >= self._config.max_steps:
            return Ending("finished", "max_steps are done")
        return None

    # -- steps -------------------------------------------------------------------------------------

    def _fetch(self, batches: Iterator[Any]) -> list[Any]:
        """The batches of one step; fewer at the end of an epoch."""
        began = perf_counter()
        window = list(islice(batches, self._config.gradient_accumulation_steps))
        self._teller.meter.waited(perf_counter() - began)
        return window

    def _train_step(self, window: Sequence[Any]) -> None:
        place = self.place
        facts = [self._parts.describe(batch) for batch in window]
        shares, amount, rank_share = self._weigh(facts)
        losses = self._update.accumulate(window, shares, rank_share)
        norm = self._update.clip()
        # Told before the weights change, so that what an alert asks for comes in time.
        number = place.batch // self._config.gradient_accumulation_steps + 1
        loss = self._teller.tell(place, amount, losses, norm, number=number, more=self._rates())
        skip, stop = self._heed_alerts()
        if not skip and not stop and self._update.apply() and self._parts.per_step:
            self._parts.scheduler.step()
        self._update.clear()
        if stop:
            return  # as if this step had not been
        place.step += 1
        place.use(len(window), amount.samples, amount.tokens, loss, amount.weight)
        self._teller.files(facts)
        self._do_what_is_due()

    def _weigh(self, facts: Sequence[BatchFacts]) -> tuple[list[float], Amount, float]:
        """Each batch's share of the step, its amount, and how much more than the mean rank this one weighs."""
        by_tokens = self._config.loss_mean_over == "tokens"
        weights = [float((each.tokens if by_tokens else each.samples) or 0) for each in facts]
        if not all(weights):
            weights = [1.0] * len(facts)
        here = sum(weights)
        counts = [here, float(sum(each.samples for each in facts)), float(sum(each.tokens or 0 for each in facts))]
        everywhere, samples, tokens = self._ranks.sum(counts, self._parts.device)
        amount = Amount(len(facts), here, samples, tokens)
        return [weight / here for weight in weights], amount, here * self._ranks.world / everywhere

    def _rates(self) -> dict[str, float]:
        scaler = self._parts.scaler
        return rates(self._parts.optimizer) | ({"optim/loss_scale": scaler.get_scale()} if scaler.is_enabled() else {})

    def _heed_alerts(self) -> tuple[bool, bool]:
        """Do what alerts ask for because of the step just told; whether to skip its update, and whether to stop."""
        if self._wishes is None:
            return False, False
        checkpoint, skip, lower, stop = self._ranks.from_first((*self._wishes.taken(), self._run.should_stop))
        if checkpoint:
            self._save("alert")
        if lower:
            lower_rate(self._parts.optimizer, self._parts.scheduler, LOWER_RATE_BY)
        return skip, stop

    def _do_what_is_due(self) -> None:
        step, config = self.place.step, self._config
        validating = _due(step, config.validate_every_steps)
        sampling = _due(step, config.sample_every_steps)
        saving = _due(step, config.checkpoint_every_steps)
        if validating or sampling:
            self._evaluate_inside(validating=validating, sampling=sampling)
        if saving:
            self._save("step")
        if validating or sampling or saving:
            self._teller.pause_ends()

    # -- evaluations and checkpoints ----------------------------------------------------------------

    def _evaluate(self, *, validating: bool, sampling: bool) -> dict[str, float]:
        found = self._validate() if validating else {}
        if sampling:
            self._sample()
        return found

    def _evaluate_inside(self, *, validating: bool, sampling: bool) -> None:
        """In the middle of an epoch, whose end would tell the figures."""
        found = self._evaluate(validating=validating, sampling=sampling)
        if found:
            self._run.log(self.place.step, found, epoch=self.place.epoch)

    def _validate(self) -> dict[str, float]:
        parts = self._parts
        if parts.val_loader is None:
            return {}
        found = validate(parts, self._ranks)
        loss = found.get("val/total_loss")
        if loss is None:
            return {}
        if waits_for_value(parts.scheduler):
            parts.scheduler.step(loss)
        if self._stop.on != "quality":
            self._judged = self.place.step, loss
        self._stop.hear("val_loss", loss)
        return found

    def _sample(self) -> None:
        """Rank 0 alone writes; the others wait for it at their next step."""
        if self._parts.sample_fn is None or not self._ranks.first:
            return
        by_quality = self._stop.on == "quality"
        quality = write_samples(
            self._parts.sample_fn, bare(self._parts.model), self._run, step=self.place.step, epoch=self.place.epoch,
            seed=self._config.sample_seed, score_now=by_quality,
        )  # fmt: skip
        if by_quality and quality is not None:
            self._judged = self.place.step, quality
            self._stop.hear("quality", quality)

    @property
    def _here(self) -> tuple[int, int, int]:
        return self.place.epoch, self.place.batch, self.place.step

    def _save(self, reason: str) -> None:
        """Keep the whole state. A disk that is full is said once, and tried again with the next checkpoint."""
        state = whole_state(self._parts, self.place, self._ranks, self._epoch_drawing, self._stop.heard)
        self._saved = self._here
        if not self._ranks.first:
            return
        step, judged = self.place.step, self._judged
        value = judged[1] if judged is not None and judged[0] == step else None
        try:
            made = self._folder.save(state, step=step, epoch=self.place.epoch, reason=reason, value=value)
        except OSError as error:
            self._run.notices.say("checkpoint", f"no checkpoint at step {step} ({error}); training goes on")
            return
        best = value is not None and self._folder.best() == made
        self._run.checkpoint(self._folder.folder / made.file, step=step, best=best, reason=reason)


def _due(step: int, every: int | None) -> bool:
    return every is not None and step % every == 0
