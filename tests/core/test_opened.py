"""open_run() for scripts and notebooks."""

from __future__ import annotations

import pytest

import musiclog


@pytest.fixture
def folder(tmp_path):
    with musiclog.Run(tmp_path / "runs" / "a", config={"lr": 0.1}, monitor=False) as run:
        run.log(1, loss=2.0)
        run.log_sample(b"MThd")
    return run.folder


def test_a_run_is_opened_by_its_folder_or_by_the_only_folder_above(folder):
    for path in (folder, folder.parent, str(folder)):
        with musiclog.open_run(path) as run:
            assert run.metrics == ["loss"]
            steps, values = run.series("loss")
            assert (steps.tolist(), values.tolist()) == ([1], [2])
            assert run.config == {"lr": 0.1}
            assert [sample.name for sample in run.samples] == ["step_00000001_00"]
            assert run.events[-1].kind == "finish"
            assert (run.name, run.path) == ("a", str(folder))


def test_load_brings_what_came_since(folder):
    run = musiclog.open_run(folder)
    with musiclog.Run(folder, monitor=False) as again:
        again.log(2, loss=1.0)
    assert run.load().series("loss")[0].tolist() == [1, 2]


def test_what_is_no_run_says_so(tmp_path, folder):
    with pytest.raises(musiclog.ReadError, match="does not exist"):
        musiclog.open_run(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(musiclog.ReadError, match="not a run of any known format"):
        musiclog.open_run(tmp_path / "empty")
    musiclog.Run(folder.parent / "b", monitor=False).finish()
    with pytest.raises(musiclog.ReadError, match=r"holds 2 runs \(a, b\)"):
        musiclog.open_run(folder.parent)
