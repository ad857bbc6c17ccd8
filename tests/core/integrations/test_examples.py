"""The programs that users copy run as they stand, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from musiclog import open_run

pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[torch]'")

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
# program -> the library it is for, the name of its loss, the warnings of other libraries that it cannot help
PROGRAMS = {
    "torch_trainer": ("torch", "total_loss", ()),
    "lightning_trainer": ("lightning", "total_loss", (
        "ignore:`isinstance(treespec, LeafSpec)` is deprecated:FutureWarning",  # of torch, by Lightning 2.6
        "ignore:The number of training batches:UserWarning",
        "ignore:The 'train_dataloader' does not have many workers:UserWarning",
        "ignore:The 'val_dataloader' does not have many workers:UserWarning",
    )),
    "huggingface_trainer": ("accelerate", "loss", ()),
    "keras_fit": ("keras", "loss", (
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",  # of numpy 2, by Keras 3.15
    )),
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_program_trains_and_its_run_opens(tmp_path, program):
    library, loss, warnings = PROGRAMS[program]
    pytest.importorskip(library, reason=f"needs {library}")
    # So small a model is slower on several cores than on one.
    environment = os.environ | {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    ignored = [word for warning in warnings for word in ("-W", warning)]
    command = [sys.executable, "-W", "error", *ignored, str(EXAMPLES / f"{program}.py"), str(tmp_path / "run")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    with open_run(tmp_path / "run") as run:
        _, losses = run.series(loss)
        assert losses[-5:].mean() < 0.8 * losses[:5].mean()
        assert run.data.info.state == "finished"
        assert run.samples
        assert all(sample.card for sample in run.samples)
