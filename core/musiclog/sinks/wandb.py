"""Weights & Biases beside the run: configuration, metrics, samples with sound, alerts, and tables of both."""

from __future__ import annotations

import netrc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import ExtraMissing
from . import About, Counts, Moment, Sink

LEVELS: Final = {"info": "INFO", "warning": "WARN", "critical": "ERROR", "fatal": "ERROR"}
TITLE: Final = 63  # W&B's alerts have titles of less than 64 characters
RENDERED_S: Final = 60.0  # a sample that takes longer to become sound goes without
HOST: Final = "api.wandb.ai"
SAMPLE_COLUMNS: Final = ("file", "step", "epoch", "prompt", "quality")
ALERT_COLUMNS: Final = ("step", "severity", "state", "kind", "title")


class WeightsAndBiases(Sink):
    """Needs the extra `wandb`. Everything lies in <run>/wandb; without a key of W&B it stays there (mode "offline").

    project: in W&B; mode: online, offline or disabled, instead of what WANDB_MODE or the key say. sound: render
    samples, in a process of its own, where a synthesiser is installed. more: whatever else wandb.init() takes.
    """

    name = "wandb"

    def __init__(self, project: str = "musiclog", *, mode: str | None = None, sound: bool = True, **more: Any) -> None:
        self._project, self._mode, self._sound, self._more = project, mode, sound, more
        self._samples: dict[str, list[Any]] = {}
        self._alerts: list[list[Any]] = []

    def open(self, about: About) -> None:
        try:
            import wandb  # noqa: PLC0415 - more than a second, and only with the extra
        except ImportError as error:
            raise ExtraMissing("it needs its package: pip install 'musiclog[wandb]'") from error
        self._wandb, self._folder = wandb, about.folder
        mode = self._mode or os.environ.get("WANDB_MODE") or ("online" if has_key() else "offline")
        self._run = wandb.init(
            project=self._project, name=about.name, config=dict(about.config), tags=list(about.tags), mode=mode,
            dir=str(about.folder), settings=wandb.Settings(silent=True, console="off"), **self._more,
        )  # fmt: skip
        # W&B's own step only grows, and drops what comes late (scores of samples) or again (a resumed run).
        self._run.define_metric("step")
        self._run.define_metric("*", step_metric="step")
        self._scratch = tempfile.TemporaryDirectory(prefix="musiclog-wandb-")

    def points(self, at: Moment, metrics: Mapping[str, float]) -> None:
        self._run.log({**metrics, **_place(at)})

    def histogram(self, at: Moment, name: str, counts: Counts) -> None:
        histogram = self._wandb.Histogram(np_histogram=(list(counts.counts), list(counts.edges)))
        self._run.log({name: histogram, **_place(at)})

    def event(self, at: Moment, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "sample":
            self._sample(at, data)
        elif kind == "card" and data.get("file") in self._samples:
            self._samples[data["file"]][-1] = data.get("overall")
        elif kind == "alert":
            self._alert(data)

    def close(self, state: str) -> None:
        tables = {"samples": (SAMPLE_COLUMNS, list(self._samples.values())), "alerts": (ALERT_COLUMNS, self._alerts)}
        for name, (columns, rows) in tables.items():
            if rows:
                self._run.log({f"tables/{name}": self._wandb.Table(columns=list(columns), data=rows)})
        self._run.finish(exit_code=1 if state == "crashed" else 0)
        self._scratch.cleanup()

    def _sample(self, at: Moment, data: Mapping[str, Any]) -> None:
        file = str(data["file"])
        self._samples[file] = [file, at.step, at.epoch, data.get("prompt"), None]
        path = self._folder / file
        # A copy: of what lies elsewhere W&B makes links, which an offline run that is carried away would lose.
        copy = Path(self._run.dir) / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        self._run.save(str(copy), base_path=self._run.dir, policy="now", glob=False)
        sound = rendered(path, Path(self._scratch.name)) if self._sound else None
        if sound is not None:
            caption = " · ".join(str(data[key]) for key in ("name", "prompt") if data.get(key))
            audio = self._wandb.Audio(str(sound), caption=caption)
            self._run.log({"samples": audio, **_place(at)})

    def _alert(self, data: Mapping[str, Any]) -> None:
        severity, state, title = str(data.get("severity")), str(data.get("state")), str(data.get("title"))
        self._alerts.append([data.get("step"), severity, state, data.get("kind"), title])
        if state in ("opened", "escalated"):
            advice = "\n".join(str(each.get("text")) for each in data.get("suggestions") or ())
            self._run.alert(str(data.get("kind"))[:TITLE], f"{title}\n{advice}".strip(), LEVELS.get(severity, "WARN"))


def _place(at: Moment) -> dict[str, float]:
    return {key: value for key, value in (("step", at.step), ("epoch", at.epoch)) if value is not None}


def has_key() -> bool:
    """Whether wandb could log in: WANDB_API_KEY, or an entry in .netrc as `wandb login` writes it."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(HOST) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def rendered(sample: Path, folder: Path) -> Path | None:
    """The sample as sound in folder; None where it cannot be made here.

    A process of its own: the synthesiser would hold the interpreter of the training for a tenth of a second.
    """
    target = folder / f"{sample.stem}.wav"
    command = [sys.executable, "-P", "-m", "musiclog.sound_file", str(sample), str(target)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=RENDERED_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    return target if done.returncode == 0 else None
