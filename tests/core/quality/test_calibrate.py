"""A calibration is derived from folders of music and comes back from its file as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from musiclog.notes import write_midi
from musiclog.quality.calibrate import main
from musiclog.quality.calibration import human, load

from . import music
from .test_reference import tune


def test_folders_become_a_file_of_numbers(tmp_path: Path):
    for style, make in (("walks", tune), ("songs", lambda seed: music.song(transpose=seed % 12))):
        (tmp_path / style).mkdir()
        for seed in range(14):
            write_midi(tmp_path / style / f"{seed}.mid", make(seed))
    (tmp_path / "excluded.txt").write_text("walks/0.mid\nwalks/1.mid")
    out = tmp_path / "calibration.json"
    folders = [f"{style}={tmp_path / style}" for style in ("walks", "songs")]
    main([*folders, "-o", str(out), "--exclude", str(tmp_path / "excluded.txt"), "--version", "test 1"])
    made = load(out)
    assert made.version == "test 1"
    assert made.origin["pieces"] == {"walks": 12, "songs": 14}
    assert set(made.styles) == {"walks", "songs"}
    assert made.to_json() == out.read_bytes()


def test_what_ships_names_its_origin_and_orders_its_bands():
    shipped = human()
    assert shipped.version
    assert sum(shipped.origin["pieces"].values()) > 300
    low, typical, high = np.moveaxis(shipped.overall.values, 1, 0)
    known = ~np.isnan(low)
    assert (low[known] <= typical[known]).all()
    assert (typical[known] <= high[known]).all()
    steps = np.diff(shipped.usual, axis=2)
    assert (steps[~np.isnan(steps)] >= 0).all()
    assert ((shipped.usual[:, 0] > 0.5) & (shipped.usual[:, 0] < 0.95)).all()
    assert ((shipped.steadiness > 0) & (shipped.steadiness <= 1)).all()
