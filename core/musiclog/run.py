"""The run that training code opens: everything it is told is in the run folder before the call returns."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import fsum, isfinite
from pathlib import Path
from time import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from orjson import OPT_APPEND_NEWLINE, dumps

from . import layout
from .actions import Actions, Agenda, Request
from .events import encode, unix_now
from .notices import Notices
from .opening import Resume, check, open_folder
from .run_file import as_config, differences, read_json, write_json
from .run_files import RunFiles
from .sample_files import Sample, free_name, store, suffix
from .scalars import Number, number, spelled, tidy
from .watching import AlertCallback, Watch

if TYPE_CHECKING:
    from .notify import Notifier
    from .progress import Estimate
    from .scored_samples import ScoredSamples
    from .sinks import Sink
    from .sinks.outlet import Outlet

_LINE = OPT_APPEND_NEWLINE
# What is not writing (detectors, progress, text log) looks at the logged lines at most every 50 ms or 512 lines:
# each step of a real training, and in batches when somebody logs in a tight loop.
_LOOK_EVERY_S = 0.05
_LOOK_AT_LINES = 512

P = ParamSpec("P")
R = TypeVar("R")
_HEAD = frozenset({"step", "t", "epoch", "batch"})


def _harmless(method: Callable[P, R]) -> Callable[P, R | None]:
    """What goes wrong inside a method of Run is said once on stderr and counted, and never raises into training."""

    @functools.wraps(method)
    def shielded(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return method(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - a monitor must never cost a training
            cast(Run, args[0]).notices.say(method.__name__, f"{method.__name__}() failed ({error!r}); training goes on")
            return None

    return shielded


class Run:
    """One training, recorded into its folder while it runs.

    Use it as a context manager, or call finish(). Only opening with nonsense raises (RunError).

        with Run("runs/bach-gru", config=config, total_epochs=40) as run:
            run.log(step, total_loss=1.2, **{"loss/recon": 0.9})

    folder: the run folder; made if missing. When it already holds a run, that run is continued ("auto", True; the
    folder gets a `resume` event), or left alone and a new folder opened beside it (False). resume=True insists that
    there is one. A run that another process of this machine is still writing is never joined.
    config: every hyperparameter, nested as you like. total_epochs or total_steps give the ETA.
    heartbeat_s: how often run.json says that this process lives. text_log_s: how often the text log tells progress
    (besides every epoch); each step would be 2 GB a day at 100 steps a second.
    monitor: look for anomalies while training. rank: of several processes, 0 describes the run and watches it; the
    others write metrics.rank<n>.jsonl beside it.
    actions: what this training does itself about alerts (see Actions); nothing unless given.
    notify: apprise URLs that are told of critical alerts, once an incident; needs the extra `notify`.
    score_samples: score what log_sample() gets in a process behind everything else; cards, quality metrics and alerts
    about samples come when it is done. reference: a folder of MIDI files, the training corpus, to score against.
    sinks: "tensorboard", "wandb", "console", or a Sink of your own: where else this run is told, by rank 0.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        config: object = None,
        name: str | None = None,
        total_epochs: int | None = None,
        total_steps: int | None = None,
        tags: Sequence[str] = (),
        resume: Resume = "auto",
        heartbeat_s: float = 10.0,
        text_log_s: float = 10.0,
        monitor: bool = True,
        rank: int = 0,
        on_alert: AlertCallback | None = None,
        actions: Actions | Mapping[str, str | Sequence[str]] | None = None,
        notify: Sequence[str] = (),
        score_samples: bool | None = None,
        reference: str | os.PathLike[str] | None = None,
        sinks: Sequence[str | Sink] = (),
    ) -> None:
        # What only an open run needs is not paid by `import musiclog`.
        from .environment import describe  # noqa: PLC0415
        from .progress import Progress  # noqa: PLC0415
        from .training_log import TrainingLog  # noqa: PLC0415

        check(
            folder, rank, heartbeat_s=heartbeat_s, text_log_s=text_log_s,
            total_epochs=total_epochs, total_steps=total_steps,
        )  # fmt: skip
        self._agenda = Agenda(Actions(actions) if isinstance(actions, Mapping) else actions)
        chosen = _chosen(sinks) if rank == 0 else []
        self._config = as_config(config)
        self._started = unix_now()
        wanted = Path(folder).absolute()
        _finish_earlier(wanted, rank)
        self.folder, self.id, self.name, known, resumed = open_folder(
            wanted, name=name, resume=resume, rank=rank, now=self._started
        )
        self.notices = Notices(self.name)
        self._rank = rank
        self._state = "running"
        self._error: str | None = None
        self._tags = tuple(str(tag) for tag in tags) or tuple(known.get("tags") or ())
        self._heartbeat_s = heartbeat_s
        self._total_epochs = total_epochs or known.get("planned_epochs")
        self._total_steps = total_steps or known.get("planned_steps")
        self._begun = float(known.get("started") or self._started)

        self._files = RunFiles(self.folder, rank, self.notices)
        self._metrics = self._files.metrics
        self._text = TrainingLog(self._files.text, total_epochs=self._total_epochs, every_s=text_log_s)
        self._epoch: int | None = None
        self._epoch_began: float | None = None
        self._step: Number | None = None
        self._lines: deque[Mapping[str, Any]] = deque()  # logged, not looked at yet
        self._look_at = 0.0
        self._looking = threading.RLock()
        self._process = os.getpid()

        self._environment = describe()
        self._progress = Progress(total_steps=self._total_steps, total_epochs=self._total_epochs)
        self._resumed: dict[str, Any] | None = self._resumption(known) if resumed else None
        self._watch = Watch(None, self.notices)
        self._notifier: Notifier | None = None
        if monitor and rank == 0:
            self._watch = Watch.over(self.notices, config=self._config, total_steps=self._total_steps)
        if on_alert is not None:
            self._watch.listen(on_alert)
        if notify and rank == 0:
            self._notifier = self._open_notifier(notify)
        self._reference, self._scoring = self._open_scoring(score_samples, reference)
        self._write_config()
        self._write_run_file()
        self._outlets = self._open_outlets(chosen, resumed=resumed)
        self._text.start(self._started, self.name, self.id, resumed=resumed)
        _open_runs.add(self)
        self._stop = threading.Event()
        self._pulse = threading.Thread(target=self._beat, name="musiclog-heartbeat", daemon=True)
        self._pulse.start()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        elif isinstance(error, (KeyboardInterrupt, SystemExit)):
            self.finish("stopped")
        else:
            self.finish("crashed", error=f"{type(error).__name__}: {error}")

    def __repr__(self) -> str:
        return f"<Run {self.id} {self._state} in {self.folder}>"

    @property
    def state(self) -> str:
        """running, finished, stopped (ended early on purpose), interrupted (by a signal) or crashed."""
        return self._state

    @property
    def step(self) -> Number | None:
        """The step that was logged last; None before the first."""
        with self._looking:
            self._look(wait=True)
            return self._step

    @property
    def progress(self) -> Estimate:
        """Fraction done and time left; its reason says why there is no ETA."""
        with self._looking:
            self._look(wait=True)
            return self._estimate()

    def log(
        self,
        /,
        step: Number,
        metrics: Mapping[str, Any] | None = None,
        *,
        epoch: Number | None = None,
        batch: Number | None = None,
        **more: Any,
    ) -> None:
        """Record numbers of one step, as a mapping, as keywords or both: one line, on disk when this returns.

        Values: numbers, numpy scalars, tensors of one element; nested mappings become loss/kl. None is left out;
        text and arrays are dropped and said once. epoch is the current one unless given.
        """
        try:
            t = int(time() * 1000) / 1000
            record = {"step": step, "t": t}
            if epoch is not None or (epoch := self._epoch) is not None:
                record["epoch"] = epoch
            if batch is not None:
                record["batch"] = batch
            size = len(record) + len(more)
            if metrics:
                size += len(metrics)
                record.update(metrics)
            record.update(more)
            try:
                line = dumps(record, None, _LINE)
                # fsum refuses text, None and nested values, and shows NaN and infinity; a name such as "t" shortens.
                plain = isfinite(fsum(record.values())) and len(record) == size
            except (TypeError, ValueError, OverflowError):
                plain = False
            if not plain:
                self._log_with_care(step, t, epoch, batch, {**(metrics or {}), **more})
                return
            self._metrics.append(line)
            self._lines.append(record)
            if t >= self._look_at or len(self._lines) >= _LOOK_AT_LINES:
                self._look()
                if self._agenda.waiting:
                    self._act()
        except Exception as error:  # noqa: BLE001 - a monitor must never cost a training
            self.notices.say("log", f"log() failed ({error!r}); training goes on")

    @_harmless
    def log_sample(
        self,
        sample: Sample,
        *,
        step: Number | None = None,
        epoch: Number | None = None,
        name: str | None = None,
        prompt: str | None = None,
        seed: int | None = None,
        temperature: float | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        card: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Path | None:
        """Copy a generated piece into samples/ and announce it. Returns its path there, None if that failed.

        sample: a path, the bytes of a MIDI file, or a symusic Score, mido MidiFile or pretty_midi object.
        card: its score card, written beside it as JSON.
        """
        self._look(wait=True)
        step = self._step if step is None else step
        epoch = self._epoch if epoch is None else epoch
        target = self._sample_path(sample, step, epoch, name)
        store(sample, target)
        if card is not None:
            write_json(target.with_suffix(".json"), card)
        file = target.relative_to(self.folder).as_posix()
        data = {
            "file": file,
            "name": target.stem,
            "prompt": prompt,
            "seed": seed,
            "temperature": temperature,
            "checkpoint": None if checkpoint is None else os.fspath(checkpoint),
            **more,
        }
        self._record("sample", step, epoch, {key: value for key, value in data.items() if value is not None})
        if card is not None:
            self._show("card", step, {"file": file, **card})
        elif self._scoring is not None:
            self._scoring.submit(target, step, epoch)
        self._text.sample(file)
        return target

    @_harmless
    def log_histogram(self, name: str, values: Any, *, step: Number | None = None, bins: int = 64) -> None:
        """How values (an array or tensor of any shape, of gradients or weights, say) are distributed, for the sinks.

        Values that are not finite are left out. Without a sink nothing is done: the run folder keeps numbers only.
        """
        if not self._outlets:
            return
        from .sinks.counting import count  # noqa: PLC0415 - needs numpy

        self._look(wait=True)
        step = self._step if step is None else step
        counts = count(values, bins)
        if counts is not None and step is not None:
            self._tell_sinks("histogram", step, unix_now(), self._epoch, name, counts)

    @_harmless
    def log_data_usage(
        self,
        name: str,
        *,
        original_length: float | None = None,
        processed_length: float | None = None,
        augmentation: Mapping[str, Any] | str | bool | None = None,
        transposition: float | None = None,
        time_stretch: float | None = None,
        cache_hit: bool | None = None,
        seconds: float | None = None,
        **more: Any,
    ) -> None:
        """Record that a training file was used: lengths in the trainer's own unit, what was changed, time it took.

        May be called in a forked data loader's worker.
        """
        data = {
            "name": name,
            "original_length": original_length,
            "processed_length": processed_length,
            "augmentation": augmentation,
            "transposition": transposition,
            "time_stretch": time_stretch,
            "cache_hit": cache_hit,
            "seconds": seconds,
            **more,
        }
        self.log_files_used([data])

    @_harmless
    def log_files_used(self, files: Sequence[Mapping[str, Any]]) -> None:
        """Record all files of a batch in one write; each as log_data_usage() takes it: name, transposition, ..."""
        head = {"t": unix_now(), "epoch": self._epoch}
        known = ({key: value for key, value in {**head, **file}.items() if value is not None} for file in files)
        self._files.data_usage.append(b"".join(encode(record) for record in known))
        for file in files:
            changed = bool(file.get("augmentation")) or bool(file.get("transposition"))
            self._text.file_used(changed or file.get("time_stretch") not in (None, 1, 1.0))

    @_harmless
    def epoch_start(self, epoch: int, batches: int | None = None) -> None:
        """An epoch begins; batches is how many steps it will have, if that is known."""
        self._look(wait=True)
        self._epoch, self._epoch_began = epoch, unix_now()
        with self._looking:
            self._progress.epoch_start(epoch, batches)
        self._record("epoch_start", self._step, epoch, {} if batches is None else {"batches": batches})
        self._text.epoch_start(unix_now(), epoch, batches)

    @_harmless
    def epoch_end(self, epoch: int, metrics: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        """An epoch is done; its metrics (validation losses, say) are also logged at the current step."""
        self._look(wait=True)
        numbers, _ = tidy({**(metrics or {}), **more})
        if numbers:
            self.log(epoch if self._step is None else self._step, numbers, epoch=epoch)
            self._look(wait=True)
        seconds = None if self._epoch_began is None else unix_now() - self._epoch_began
        told = {name: spelled(value) for name, value in numbers.items()}
        self._record("epoch_end", self._step, epoch, {"seconds": seconds, **told})
        self._text.epoch_end(unix_now(), epoch, seconds)

    @contextlib.contextmanager
    def epoch(self, epoch: int, batches: int | None = None) -> Iterator[None]:
        """epoch_start and epoch_end around a block; an epoch that raises has no end."""
        self.epoch_start(epoch, batches)
        yield
        self.epoch_end(epoch)

    @_harmless
    def checkpoint(
        self, path: str | os.PathLike[str], *, step: Number | None = None, best: bool = False, **more: Any
    ) -> None:
        """A checkpoint was saved. Alerts then name the newest one from before the trouble."""
        self._look(wait=True)
        place = Path(path).absolute()
        text = place.relative_to(self.folder).as_posix() if place.is_relative_to(self.folder) else str(place)
        step = self._step if step is None else step
        self._record("checkpoint", step, self._epoch, {"path": text, "best": best, **more})
        self._text.say(unix_now(), "Checkpoint saved", [f"Path: {text}", *(["Best so far"] if best else [])])

    @_harmless
    def note(self, text: str, *, step: Number | None = None, **more: Any) -> None:
        """Anything worth remembering at this moment."""
        self._look(wait=True)
        self._record("note", self._step if step is None else step, self._epoch, {"text": text, **more})
        self._text.say(unix_now(), f"Note: {text}", [f"{key}: {value}" for key, value in more.items()])

    def on_alert(self, callback: AlertCallback) -> AlertCallback:
        """Call callback(alert) for each alert; may be used as a decorator.

        It is called by the thread that logs, at most 50 ms or one step after the fact, or by the heartbeat's thread
        when nothing more is logged. What it raises is said once and counted.
        """
        self._watch.listen(callback)
        return callback

    @property
    def should_stop(self) -> bool:
        """Whether an alert has asked for "stop" (see Actions): `if run.should_stop: break`."""
        return self._agenda.should_stop

    def requested_action(self) -> Request | None:
        """The oldest request for an action that has no function, handed out once; None when there is no more."""
        with self._looking:
            return self._agenda.fetch()

    @_harmless
    def finish(self, state: str = "finished", *, error: str | None = None) -> None:
        """Close the run: state is finished, stopped, interrupted or crashed. A second call does nothing.

        A finished run waits for the scores of its last samples, 5 s at most; others 1 s.
        """
        if self._state == "running" and self._scoring is not None:
            self._scoring.close(hurry=state != "finished")
        with self._looking:
            if self._state != "running" or os.getpid() != self._process:
                return
            self._look(wait=True)
            if self._resumed is not None:
                self._announce_resume(None)
            for alert in self._watch.finish():
                self._tell_alert(alert)
            self._state, self._error = state, error
            self._record("finish", self._step, self._epoch, {"state": state, **({"error": error} if error else {})})
            self._text.end(unix_now(), state, unix_now() - self._started, error)
        self._stop_pulse()
        if self._outlets:
            from .sinks.outlet import close_all  # noqa: PLC0415 - only for those who ask for them

            close_all(self._outlets, state)
        if self._notifier is not None:
            self._notifier.close()
        self._files.close()
        _open_runs.discard(self)
        self._write_run_file(ended=unix_now())
        if self._rank == 0:
            from .report import write_report  # noqa: PLC0415 - needed once, at the end

            write_report(self.folder)

    @_harmless
    def heartbeat(self) -> None:
        """Say in run.json that this run lives, and try again what could not be written. A thread calls this."""
        self._look()
        self._files.look()
        if self._state != "running":
            return
        self._write_run_file()
        if not (self.folder / layout.CONFIG).exists():
            self._write_config()

    def _log_with_care(
        self, step: Number, t: float, epoch: Number | None, batch: Number | None, values: Mapping[str, Any]
    ) -> None:
        """The slow way, for tensors, nested mappings, NaN and nonsense; about 10 microseconds for 12 values."""
        numbers, nonsense = tidy(values)
        nonsense += [name for name in ("step", "t") if numbers.pop(name, step) != step]  # these two are not metrics
        if nonsense:
            names = ", ".join(map(repr, nonsense[:5]))
            self.notices.say("nonsense", f"log() takes numbers; dropped {names} at step {step!r} (said once)")
        at = number(step)
        if at is None or not isfinite(at):
            self.notices.say("step", f"log() needs a finite number as step, not {step!r}; this line is dropped")
            return
        place = {"epoch": number(numbers.pop("epoch", epoch)), "batch": number(numbers.pop("batch", batch))}
        record = {"step": at, "t": t, **{key: value for key, value in place.items() if value is not None}}
        told = {name: spelled(value) for name, value in numbers.items()}
        self._metrics.append(dumps({**record, **told}, None, _LINE))
        self._lines.append({**record, **numbers})
        self._look()
        self._act()

    def _look(self, *, wait: bool = False) -> None:
        """Show the lines logged since the last look to the monitor, to the progress and to the text log."""
        if not self._looking.acquire(blocking=wait):
            return  # another thread is at it
        try:
            self._look_at = time() + _LOOK_EVERY_S
            while self._lines:
                self._absorb(self._lines.popleft())
            self._text.progress_if_due(unix_now())
        finally:
            self._looking.release()

    def _absorb(self, record: Mapping[str, Any]) -> None:
        step, epoch, batch = record["step"], record.get("epoch"), record.get("batch")
        if self._resumed is not None:
            self._announce_resume(step)
        numbers = {name: float(value) for name, value in record.items() if name not in _HEAD}
        self._step = step
        self._text.step(step, epoch, batch, numbers)
        self._progress.update(record["t"], step, epoch, batch)
        self._tell_sinks("points", step, record["t"], epoch, numbers)
        for alert in self._watch.update(step, numbers, epoch=epoch, time=record["t"]):
            self._tell_alert(alert, epoch)

    def _tell_alert(self, alert: Any, epoch: Number | None = None) -> None:
        epoch = self._epoch if epoch is None else epoch
        data = alert.as_dict()
        self._files.events.write("alert", step=data.get("step"), epoch=epoch, data=data)
        self._tell_sinks("event", data.get("step"), unix_now(), epoch, "alert", data)
        self._text.alert(unix_now(), data, epoch)
        self._watch.tell(alert)
        if self._notifier is not None:
            self._notifier.hear(alert)
        for request in self._agenda.hear(alert):
            self._tell_action(request, "requested")

    def _act(self) -> None:
        """Do what alerts asked for: in the thread that logs, where model and optimiser are at rest."""
        while (call := self._agenda.next_call()) is not None:
            request, do = call
            try:
                do(request.alert)
            except Exception as error:  # noqa: BLE001 - the user's code must not end the training by accident
                self.notices.say(request.action, f"the action {request.action} raised {error!r}; training goes on")
                self._tell_action(request, "failed", error=repr(error))
            else:
                self._tell_action(request, "done")

    def _tell_action(self, request: Request, state: str, **more: Any) -> None:
        alert = request.alert
        data = {"action": request.action, "state": state, "alert": alert.id, "kind": alert.kind, **more}
        self._record("action", self._step, self._epoch, data)
        fields = [f"Because of: {alert.kind} at step {alert.opened_step:g}", *(f"Error: {e}" for e in more.values())]
        self._text.say(unix_now(), f"Action {request.action}: {state}", fields)

    def _open_notifier(self, urls: Sequence[str]) -> Notifier:
        from .notify import Notifier  # noqa: PLC0415 - only for those who give URLs

        place = f"{self._environment.get('host') or ''}:{self.folder}".lstrip(":")
        return Notifier((urls,) if isinstance(urls, str) else urls, self.name, self.notices.say, place=place)

    def _open_scoring(
        self, wanted: bool | None, reference: str | os.PathLike[str] | None
    ) -> tuple[Path | None, ScoredSamples | None]:
        corpus = None if reference is None else Path(reference).absolute()
        if not (corpus is not None if wanted is None else wanted):
            return corpus, None
        from .scored_samples import ScoredSamples  # noqa: PLC0415 - only for those who ask for it

        return corpus, ScoredSamples(
            self.folder,
            self._files,
            self._show,
            self._log_late,
            lambda: (self._step, self._epoch),
            self.notices,
            corpus,
        )

    def _log_late(self, head: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """A line of metrics of a step that the training has left behind: what came of scoring."""
        self._metrics.append(encode({**head, **metrics}))
        self._tell_sinks("points", head["step"], head["t"], head.get("epoch"), metrics)

    def _open_outlets(self, sinks: Sequence[Sink], *, resumed: bool) -> list[Outlet]:
        if not sinks:
            return []
        from .sinks import About  # noqa: PLC0415 - only for those who ask for them
        from .sinks.outlet import Outlet  # noqa: PLC0415

        about = About(self.folder, self.name, self.id, self._config, self._tags, self._begun, resumed)
        return [Outlet(sink, about, self._estimate, self.notices.say, _end_before_libraries) for sink in sinks]

    def _tell_sinks(self, method: str, step: Number | None, t: float, epoch: Number | None, *what: Any) -> None:
        for outlet in self._outlets:
            outlet.tell(method, step, t, epoch, *what)

    def _estimate(self) -> Estimate:
        with self._looking:
            return self._progress.estimate(unix_now())

    def _record(self, kind: str, step: Number | None, epoch: Number | None, data: Mapping[str, Any]) -> None:
        """Write an event and show it to the monitor, which needs the context."""
        self._files.events.write(kind, step=step, epoch=epoch, data=data)
        self._show(kind, step, data)

    def _show(self, kind: str, step: Number | None, data: Mapping[str, Any]) -> None:
        self._tell_sinks("event", step, unix_now(), self._epoch, kind, data)
        with self._looking:
            for alert in self._watch.event(kind, step, data):
                self._tell_alert(alert)

    def _sample_path(self, sample: Sample, step: Number | None, epoch: Number | None, name: str | None) -> Path:
        folder = self.folder / layout.SAMPLES
        if name is not None:
            return free_name(folder, layout.slug(name), suffix(sample))
        index = 0
        while True:
            stem = layout.sample_stem(epoch, step, index)
            if not any((folder / f"{stem}{ending}").exists() for ending in (".mid", ".midi", ".kar")):
                return folder / f"{stem}{suffix(sample)}"
            index += 1

    def _resumption(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The data of the resume event; its step is known when the first line is logged."""
        old = read_json(self.folder / layout.CONFIG)
        if not self._config:
            self._config = old
        self._progress.resume(before.get("first_epoch"))
        return {
            "t": self._started,
            "previous_state": before.get("state"),
            "previous_step": before.get("last_step"),
            "config_changed": differences(old, self._config),
            "host": self._environment.get("host"),
            "pid": os.getpid(),
        }

    def _announce_resume(self, step: Number | None) -> None:
        data, self._resumed = self._resumed or {}, None
        t = data.pop("t")
        self._files.events.write("resume", step=step, epoch=self._epoch, data=data, t=t)
        self._tell_sinks("event", step, t, self._epoch, "resume", data)
        for alert in self._watch.event("resume", step, data):
            self._tell_alert(alert)

    def _write_config(self) -> None:
        if self._rank == 0:
            self._write_or_say(layout.CONFIG, self._config)

    def _write_run_file(self, *, ended: float | None = None) -> None:
        if self._rank != 0 or os.getpid() != self._process:
            return
        content = {
            "schema": layout.SCHEMA,
            "id": self.id,
            "name": self.name,
            "state": self._state,
            "started": self._begun,
            "ended": ended,
            "error": self._error,
            "heartbeat": unix_now(),
            "heartbeat_promise_s": self._heartbeat_s,
            "planned_epochs": self._total_epochs,
            "planned_steps": self._total_steps,
            "first_epoch": self._progress.first_epoch,
            "last_step": self._step,
            "last_epoch": self._epoch,
            "tags": self._tags,
            "reference": None if self._reference is None else str(self._reference),
            "watches_itself": self._watch.on,
            "troubles": dict(self.notices.counts),
            **self._environment,
        }
        self._write_or_say(layout.RUN, content)

    def _write_or_say(self, name: str, content: Mapping[str, Any]) -> None:
        try:
            write_json(self.folder / name, content)
        except OSError as error:
            self.notices.say(name, f"cannot write {self.folder / name} ({error}); it is tried again")

    def _beat(self) -> None:
        while not self._stop.wait(self._heartbeat_s):
            self.heartbeat()

    def _stop_pulse(self) -> None:
        self._stop.set()
        if self._pulse is not threading.current_thread():
            self._pulse.join()

    def _after_fork_in_child(self) -> None:
        """A forked data loader's worker may go on logging whole lines; all else stays with the parent."""
        self._files.after_fork_in_child()
        self._text.after_fork_in_child()
        self._looking = threading.RLock()
        self._lines.clear()
        self._resumed = None
        self._watch.after_fork_in_child()
        for outlet in self._outlets:
            outlet.leave()
        if self._scoring is not None:
            self._scoring.after_fork_in_child()


def _chosen(sinks: Sequence[str | Sink]) -> list[Sink]:
    if not sinks:
        return []
    from .sinks import choose  # noqa: PLC0415 - only for those who ask for them

    return choose((sinks,) if isinstance(sinks, str) else sinks)


_open_runs: weakref.WeakSet[Run] = weakref.WeakSet()


def _finish_earlier(folder: Path, rank: int) -> None:
    """A notebook cell that runs again opens the same folder: the earlier object makes room."""
    for run in list(_open_runs):
        if run.folder == folder and run._rank == rank:
            run.finish("stopped")


def _finish_all_at_exit() -> None:
    """A program that ended without finish(): crashed when an exception ended it, else stopped."""
    error = getattr(sys, "last_value", None)
    for run in list(_open_runs):
        if error is None:
            run.finish("stopped")
        else:
            run.finish("crashed", error=f"{type(error).__name__}: {error}")


def _after_fork_in_child() -> None:
    for run in list(_open_runs):
        run._after_fork_in_child()


def _end_before_libraries() -> None:
    """What a sink imported ends at exit too, and what was registered last ends first: W&B would be gone by then."""
    atexit.unregister(_finish_all_at_exit)
    atexit.register(_finish_all_at_exit)


atexit.register(_finish_all_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
