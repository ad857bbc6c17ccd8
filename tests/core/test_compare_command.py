"""musiclog compare: sentences with their figures, JSON for programs, and a word about what it was not given."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from musiclog import Run, cli


@pytest.fixture
def sweep(tmp_path):
    """Two learning rates with four seeds each; the smaller one ends lower by eight standard deviations."""
    rng = np.random.default_rng(4)
    for rate, final in ((0.001, 1.0), (0.01, 1.8)):
        for seed in range(4):
            end = final + 0.1 * rng.normal()
            config = {"training": {"learning_rate": rate, "seed": seed}}
            with Run(tmp_path / f"rate{rate}-seed{seed}", config=config) as run:
                for step in range(5 + seed):
                    run.log(step, total_loss=end + 1 / (1 + step))
    return tmp_path


def test_it_says_which_is_better_with_interval_and_test(sweep, capsys):
    assert cli.main(["compare", str(sweep), "--at-equal", "step"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "8 runs in 2 groups, at step 4" in text
    assert "learning_rate 0.001 is better than learning_rate 0.01 in final total_loss at step 4" in text
    assert "95 % interval" in text
    assert "4 pairs by seed" in text


def test_json_holds_everything(sweep, capsys):
    runs = sorted(str(path) for path in sweep.iterdir())
    assert cli.main(["compare", *runs, "--json", "--group-by", "learning_rate", "--figure", "best"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["question"] == "best total_loss"
    assert [len(group["runs"]) for group in told["groups"]] == [4, 4]
    assert told["tests"]["best total_loss"]["contrasts"][0]["contrast"]["p"] < 0.05
    assert told["insights"][0]["claim"] is True


def test_middles_may_be_interquartile_means(sweep, capsys):
    assert cli.main(["compare", str(sweep), "--middle", "iqm", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["tests"]["final total_loss"]["estimates"][0]["estimate"]["n"] == 4


def test_settings_are_explained_only_by_runs_enough(sweep, capsys):
    assert cli.main(["compare", str(sweep), "--settings"]) == 0
    assert "cannot be said: 8 runs are too few for a forest" in " ".join(capsys.readouterr().out.split())


def test_a_run_given_twice_counts_once(sweep, capsys):
    run = str(sweep / "rate0.001-seed0")
    assert cli.main(["compare", run, run]) == 0
    assert "1 run in 1 group" in capsys.readouterr().out


def test_an_unknown_metric_or_folder_is_named_with_what_there_is(sweep, capsys):
    assert cli.main(["compare", str(sweep), "--metric", "total_los"]) == 2
    assert "no run has a metric total_los; there are total_loss" in capsys.readouterr().err
    assert cli.main(["compare", str(sweep / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_without_the_analysis_extra_it_says_what_to_install(sweep, capsys, monkeypatch):
    def none_of_it(name):
        raise ImportError(name)

    monkeypatch.setattr("musiclog.compare.analysis.import_module", none_of_it)
    assert cli.main(["compare", str(sweep)]) == 2
    assert "pip install 'musiclog[analysis]'" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is text")
def test_json_takes_folders_whose_names_are_no_text(tmp_path, capsys):
    for name in (b"caf\xe9", b"b"):
        with Run(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)), monitor=False) as run:
            run.log(0, loss=1.0)
    assert cli.main(["compare", str(tmp_path), "--json"]) == 0
    paths = {row["path"] for row in json.loads(capsys.readouterr().out)["runs"]}
    assert str(tmp_path / "caf\\xe9") in paths
