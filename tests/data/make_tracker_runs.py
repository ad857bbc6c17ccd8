"""Log one small training with each real tracker, offline: `python make_tracker_runs.py FOLDER [TRACKER ...]`.

tracker_runs.zip was written by this, in a folder and on a host with names that say nothing:
    cd /training; unshare --uts sh -c 'hostname studio; env/bin/python make_tracker_runs.py runs'
    python make_tracker_runs.py --pack runs tracker_runs.zip
Each tracker logs in a process of its own, so that one that is missing, or that ends with its process, does not matter.
"""

# ruff: noqa: PLC0415, T201 - each tracker is imported where it is used, and what is printed is logged
from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

STEPS = 30
CONFIG = {
    "model": {"name": "gru", "layers": 2},
    "training": {"learning_rate": 0.001, "batch_size": 16, "betas": [0.9, 0.98], "clip": None, "shuffle": True},
    "note": "quotes ' and \" and: colons, # hashes\nand a second line",
}
# A scale of four notes, 120 beats a minute, written by hand.
MIDI = bytes.fromhex(
    "4d546864000000060000000101e04d54726b00000028"
    "00903c508360803c0000903e508360803e00009040508360804000009041508360804100" "00ff2f00"
)  # fmt: skip


def curve() -> Iterator[tuple[int, dict[str, float]]]:
    """Steps and metrics; a validation every ten steps, one gradient that is no number."""
    for step in range(STEPS):
        metrics = {
            "loss": round(4 * 0.9**step + 0.125, 4),
            "lr": 0.001 * min(1.0, (step + 1) / 10),
            "grad_norm": math.nan if step == 17 else 1 + (step % 3) / 2,
        }
        if step % 10 == 9:
            metrics["val/loss"] = round(4 * 0.91**step + 0.25, 4)
        yield step, metrics


def wandb(folder: Path) -> None:
    import wandb

    settings = wandb.Settings(mode="offline", root_dir=str(folder), console="wrap", x_disable_meta=True, silent=True,
                              x_stats_sampling_interval=0.5, disable_git=True, save_code=False)  # fmt: skip
    run = wandb.init(project="music", name="gru", id="gru00001", config=CONFIG, tags=["small"], settings=settings)
    print("the training begins")
    for step, metrics in curve():
        run.log(metrics, step=step)
    (Path(run.dir) / "step_00000029.mid").write_bytes(MIDI)
    sample = folder / "epoch_0003.mid"
    sample.write_bytes(MIDI)
    run.log({"sample": wandb.Audio(str(sample)), "page": wandb.Html("<p>a page</p>"),
             "notes": wandb.Histogram([1, 2, 3]), "parts": {"kl": 0.5}}, step=STEPS)  # fmt: skip
    run.summary["best"] = 0.25
    sample.unlink()
    run.alert("Slow", "the loss falls slowly")
    run.finish()


def trackio(folder: Path) -> None:
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio

    trackio.init(project="music", name="gru", config=CONFIG, embed=False, auto_log_gpu=False)
    for step, metrics in curve():
        trackio.log(metrics, step=step)
    trackio.finish()


def mlflow_files(folder: Path) -> None:
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    _mlflow(folder, (folder / "mlruns").as_uri())


def mlflow_sqlite(folder: Path) -> None:
    _mlflow(folder, f"sqlite:///{folder / 'mlflow.db'}")


def _mlflow(folder: Path, uri: str) -> None:
    import mlflow

    mlflow.set_tracking_uri(uri)
    experiment = mlflow.create_experiment("music", artifact_location=(folder / "mlruns" / "artifacts").as_uri())
    with mlflow.start_run(experiment_id=experiment, run_name="gru"):
        mlflow.log_params({f"{group}.{key}": value for group, values in CONFIG.items() if isinstance(values, Mapping)
                           for key, value in values.items()})  # fmt: skip
        mlflow.set_tag("kind", "small")
        for step, metrics in curve():
            mlflow.log_metrics(metrics, step=step)
        sample = folder / "step_00000029.mid"
        sample.write_bytes(MIDI)
        mlflow.log_artifact(str(sample), "samples")
        sample.unlink()


def lightning(folder: Path) -> None:
    from lightning.pytorch.loggers import CSVLogger

    logger = CSVLogger(str(folder), flush_logs_every_n_steps=10)
    logger.log_hyperparams(CONFIG)
    for step, metrics in curve():
        logger.log_metrics({**metrics, "epoch": step // 10}, step=step)
    logger.finalize("success")


def huggingface(folder: Path) -> None:
    import torch
    from transformers import Trainer, TrainingArguments

    losses = iter(metrics["loss"] for _, metrics in curve())

    class Model(torch.nn.Module):
        """Its loss is the curve, whatever it is given."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, labels: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"loss": self.weight.sum() - self.weight.detach().sum() + next(losses)}

    arguments = TrainingArguments(
        str(folder / "gru"), max_steps=STEPS, per_device_train_batch_size=1, logging_steps=1, save_steps=10,
        save_total_limit=2, report_to=[], use_cpu=True, learning_rate=0.001, disable_tqdm=True, save_only_model=True,
    )  # fmt: skip
    Trainer(Model(), arguments, train_dataset=[{"labels": torch.zeros(1)}] * 10).train()


def dvclive(folder: Path) -> None:
    from dvclive import Live

    with Live(str(folder / "dvclive"), save_dvc_exp=False, report=None, dvcyaml=None) as live:
        live.log_params(CONFIG)
        for step, metrics in curve():
            live.step = step
            for name, value in metrics.items():
                live.log_metric(name, value)
            live.make_summary()


def sacred(folder: Path) -> None:
    from sacred import SETTINGS, Experiment
    from sacred.observers import FileStorageObserver

    SETTINGS.CAPTURE_MODE = "sys"
    SETTINGS.HOST_INFO.INCLUDE_CPU_INFO = SETTINGS.HOST_INFO.INCLUDE_GPU_INFO = False
    platform.platform = lambda *_, **__: "Linux"  # a kernel's name may tell whose machine it is
    experiment = Experiment("music", save_git_info=False)
    experiment.add_config(CONFIG)
    experiment.observers.append(FileStorageObserver(str(folder / "sacred"), copy_sources=False))

    @experiment.main
    def train(_run: object) -> float:
        print("the training begins")
        for step, metrics in curve():
            for name, value in metrics.items():
                _run.log_scalar(name, value, step)
        sample = folder / "step_00000029.mid"
        sample.write_bytes(MIDI)
        experiment.add_artifact(str(sample))
        sample.unlink()
        return 0.5

    experiment.run()


def aim(folder: Path) -> None:
    from aim import Run

    run = Run(repo=str(folder), experiment="music", system_tracking_interval=None, capture_terminal_logs=False)
    run.name = "gru"
    run["hparams"] = CONFIG
    run.add_tag("small")
    for step, metrics in curve():
        for name, value in metrics.items():
            run.track(value, name=name, step=step, epoch=step // 10, context={"subset": "train"})
    run.close()


TRACKERS: Mapping[str, Callable[[Path], None]] = {
    write.__name__: write
    for write in (wandb, trackio, mlflow_files, mlflow_sqlite, lightning, huggingface, dvclive, sacred, aim)
}


def write(folder: Path, tracker: str) -> str | None:
    """Log with one tracker into a folder of its name, in another process; gives why it failed."""
    place = folder / tracker
    place.mkdir(parents=True, exist_ok=True)
    silent = {"WANDB_SILENT": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "HF_HUB_OFFLINE": "1",
              "AIM_ANALYTICS": "false", "DVC_NO_ANALYTICS": "true", "WANDB_ERROR_REPORTING": "false",
              "PYTHONWARNINGS": "ignore", "CUDA_VISIBLE_DEVICES": ""}  # fmt: skip
    call = [sys.executable, str(Path(__file__).absolute()), "--one", tracker, str(place.absolute())]
    done = subprocess.run(call, cwd=place, env={**os.environ, **silent}, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stderr.strip() or f"it ended with {done.returncode}")


def pack(folder: Path, archive: Path) -> None:
    """All that a reader looks at, as one file; logs of the trackers themselves stay away."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(folder.rglob("*")):
            unread = path.parent.name == "logs" or path.name.startswith(("LOG", "OPTIONS", "requirements", "debug"))
            if path.is_file() and not path.is_symlink() and not unread and path.suffix not in (".bin", ".safetensors"):
                packed.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes(),
                                zipfile.ZIP_DEFLATED)  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        TRACKERS[sys.argv[2]](Path(sys.argv[3]))
    elif sys.argv[1] == "--pack":
        pack(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        failed = {tracker: why for tracker in sys.argv[2:] or TRACKERS if (why := write(Path(sys.argv[1]), tracker))}
        sys.exit(json.dumps(failed, indent=2) if failed else 0)
