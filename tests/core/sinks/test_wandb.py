"""What the W&B sink leaves without a key is read back from the offline file."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest

from musiclog import Run, open_run
from musiclog.sinks.wandb import has_key


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Somebody who never logged in to W&B."""
    for name in ("WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no.netrc"))


@pytest.mark.usefixtures("nobody")
def test_a_key_is_found_where_wandb_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_key()
    entries = tmp_path / "netrc"
    entries.write_text("machine api.wandb.ai login user password 0123\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(entries))
    assert has_key()


def test_without_the_package_the_extra_is_named_and_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "wandb":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with Run(tmp_path / "run", sinks=["wandb"]) as run:
        run.log(1, loss=1.0)

    assert "pip install 'musiclog[wandb]'" in capsys.readouterr().err


@pytest.mark.usefixtures("nobody")
def test_offline_everything_is_in_the_file(tmp_path: Path, make_midi: Any) -> None:
    pytest.importorskip("wandb", reason="needs the extra wandb")
    with Run(tmp_path / "run", name="bach", config={"model": {"layers": 2}}, sinks=["wandb"]) as run:
        for step in range(60):
            run.log(step, total_loss=float("nan") if step == 50 else 1.0 / (step + 1))
        run.log_sample(make_midi(), prompt="p1", card={"overall": 0.5})

    (offline,) = (run.folder / "wandb").glob("offline-run-*")
    read = open_run(offline)
    assert read.series("total_loss")[1][:50] == pytest.approx([1.0 / (step + 1) for step in range(50)])
    assert read.config["model"]["layers"] == 2
    files = offline / "files"
    assert (files / "samples" / "step_00000059_00.mid").read_bytes() == make_midi()
    assert list((files / "media" / "audio").glob("*.wav"))
    assert len(list((files / "media" / "table" / "tables").glob("*.table.json"))) == 2
