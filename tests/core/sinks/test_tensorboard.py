"""What the TensorBoard sink writes is read by our reader and, where it is installed, by TensorBoard's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musiclog import Run, open_run
from musiclog.discovery import Discovery


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = {"model": {"layers": 2, "kind": "gru"}, "training": {"lr": 1e-3, "amp": False, "betas": [0.9, 0.95]}}
    with Run(tmp_path / "runs" / "bach", config=config, sinks=["tensorboard"]) as run:
        for step in range(100):
            run.log(step, {"loss/total": 1e60 if step == 99 else 2.0 / (step + 1)}, epoch=step // 50, a_naïve_name=step)
        run.log(100, total_loss=float("nan"))
        run.log_histogram("gradients/out", np.linspace(-1, 1, 1_000))
        run.note("a **note**")
    return run.folder


def test_our_reader_finds_every_value(folder: Path) -> None:
    steps, values = (written := open_run(folder / "tensorboard")).series("loss/total")

    assert steps.tolist() == list(range(100))
    assert values[:99] == pytest.approx([2.0 / (step + 1) for step in range(99)])
    assert values[99] == np.inf
    assert np.isnan(written.series("total_loss")[1]).all()
    assert written.series("a_naïve_name")[1].tolist() == list(range(100))
    assert written.config == {
        "model.layers": 2, "model.kind": "gru", "training.lr": 1e-3, "training.amp": False,
        "training.betas": "[0.9, 0.95]",
    }  # fmt: skip


def test_the_folder_is_one_run_all_the_same(folder: Path) -> None:
    assert [ref.path for ref in Discovery(folder.parent).walk() if ref is not None] == [str(folder)]


def test_tensorboard_reads_it(folder: Path) -> None:
    accumulator: Any = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="needs the package tensorboard"
    )
    metadata: Any = pytest.importorskip("tensorboard.plugins.hparams.metadata")
    read = accumulator.EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    read.Reload()

    assert [event.step for event in read.Scalars("loss/total")] == list(range(100))
    assert read.Scalars("loss/total")[3].value == pytest.approx(0.5)
    (event,) = read.Histograms("gradients/out")
    assert sum(event.histogram_value.bucket) == event.histogram_value.num == 1_000
    assert (event.histogram_value.min, event.histogram_value.max) == (-1.0, 1.0)
    assert b"a **note**" in read.Tensors("notes")[0].tensor_proto.string_val
    content = read.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert metadata.parse_session_start_info_plugin_data(content).hparams["training.lr"].number_value == 1e-3
