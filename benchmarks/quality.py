"""Our quality score beside the mean of MusPy's scale and groove consistency, on the same bench.

Usage: python benchmarks/quality.py [PATH_OF_quality_bench.py] [--seed 0] [--jobs 2] [--no-corpus]
Also the adapters that the bench itself can load: --scorer benchmarks/quality.py:generic (or :corpus, :muspy_like), and
a list of the bench's own pieces, which no calibration may contain: --pieces SEED ...
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import pickle
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from musiclog.errors import MidiError
from musiclog.notes import Notes, read_notes
from musiclog.quality import Reference, ScoreCard, score
from musiclog.quality.harmony import MAJOR_SCALE

DEFAULT_BENCH = Path(__file__).resolve().parents[2] / "shared" / "bench" / "quality_bench.py"
REFERENCES = "MUSICLOG_BENCH_REFERENCES"  # where the corpora of the with-corpus row wait, pickled
PIECES_A_CORPUS = 200


# ---- what the bench loads ----


def generic(path: str) -> dict[str, float]:
    """overall and the dynamics metric, against human music in general."""
    return _card(path, None)


def corpus(path: str) -> dict[str, float]:
    """The same against other pieces of the excerpt's own style; the bench names its files by style."""
    style = Path(path).name.split("_")[0].removeprefix("vel-")
    return _card(path, _references().get(style))


def muspy_like(path: str) -> float:
    """Mean of MusPy 0.5's scale_consistency and groove_consistency, those two formulas written again.

    scale_consistency: the largest share of notes in one of the 24 major and natural minor scales.
    groove_consistency: 1 - mean Hamming distance of neighbouring bars' onset vectors, at 12 places a beat, where it
    tells most (at the 480 ticks of the files it stands at 0.99 for everything). Where MusPy raises or gives NaN (no
    notes, one bar), the other stands alone, or 0.
    """
    try:
        notes = read_notes(path)
    except MidiError:
        return 0.0
    parts = [part for part in (_scale_consistency(notes), _groove_consistency(notes)) if part is not None]
    return float(np.mean(parts)) if parts else 0.0


def _card(path: str, reference: Reference | None) -> dict[str, float]:
    try:
        card = score(read_notes(path), reference)
    except MidiError:
        return {"overall": 0.0, "dynamic_range": float("nan")}
    dynamics = card.metrics["dynamic_range"].value
    return {"overall": card.overall or 0.0, "dynamic_range": float("nan") if dynamics is None else dynamics}


def _scale_consistency(notes: Notes) -> float | None:
    pitches = notes.pitch[~notes.is_drum]
    if not len(pitches):
        return None
    counts = np.bincount(pitches % 12, minlength=12)
    scales = [[(tonic + degree) % 12 for degree in MAJOR_SCALE] for tonic in range(12)]
    return float(max(counts[scale].sum() for scale in scales) / len(pitches))


def _groove_consistency(notes: Notes, places_per_beat: int = 12) -> float | None:
    if not len(notes):
        return None
    length = round(notes.bar_beats * places_per_beat)
    onsets = np.unique(np.rint(notes.onset * places_per_beat).astype(np.int64))
    bars = int(onsets[-1]) // length + 1
    if bars < 2 or bars > 4096:
        return None
    table = np.zeros((bars, length), np.bool_)
    table[onsets // length, onsets % length] = True
    return float(1 - np.mean(table[1:] != table[:-1]))


@cache
def _references() -> dict[str, Reference]:
    found: dict[str, Reference] = pickle.loads(Path(os.environ[REFERENCES]).read_bytes())
    return found


# ---- what a person runs ----


def main() -> None:
    """Run the bench for every row and put the rows under one another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", nargs="?", type=Path, default=DEFAULT_BENCH)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-corpus", action="store_true")
    parser.add_argument("--pieces", type=int, nargs="+", metavar="SEED", help="only name the bench's pieces")
    options = parser.parse_args()
    bench = _load(options.bench)
    if options.pieces:
        print(
            "\n".join(
                f"{folder}/{name}" for folder, names in _pieces(bench, options.pieces).items() for name in sorted(names)
            )
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = {"musiclog, generic": "generic", "MusPy scale + groove": "muspy_like"}
        if not options.no_corpus:
            rows["musiclog, with corpus"] = "corpus"
            os.environ[REFERENCES] = str(Path(folder) / "references.pickle")
            Path(os.environ[REFERENCES]).write_bytes(pickle.dumps(_build_references(bench, options.seed)))
        results = {name: _run(options, function, Path(folder)) for name, function in rows.items()}
    _print_rows(results)
    _print_sets(Path(bench.DATA))


def _print_sets(data: Path) -> None:
    """Every folder of generated pieces, the best first, with the metrics in which it lies furthest from human music."""
    folders = {path.parent for path in data.glob("*/generated/**/*.mid*")}
    rows = []
    for folder in folders:
        cards = [card for path in sorted(folder.glob("*.mid*")) if (card := _readable(path)) is not None]
        qualities = [card.overall or 0.0 for card in cards]
        if qualities:
            rows.append((float(np.mean(qualities)), float(np.median(qualities)), len(cards), folder, _weakest(cards)))
    print(f"\n{'mean':>5s}{'median':>8s}{'files':>7s}  {'generated set':44s} furthest from human music in")
    for mean, middle, count, folder, weakest in sorted(rows, reverse=True, key=lambda row: row[0]):
        print(f"{mean:5.2f}{middle:8.2f}{count:7d}  {folder.relative_to(data)!s:44s} {', '.join(weakest)}")


def _readable(path: Path) -> ScoreCard | None:
    try:
        return score(read_notes(path), with_findings=False)
    except MidiError:
        return None


def _weakest(cards: list[ScoreCard], count: int = 3) -> list[str]:
    found: dict[str, list[float]] = {}
    for card in cards:
        for name, metric in card.metrics.items():
            if name != "overall" and metric.closeness is not None:
                found.setdefault(name, []).append(metric.closeness)
    return sorted(found, key=lambda name: float(np.mean(found[name])))[:count]


def _run(options: argparse.Namespace, function: str, folder: Path) -> dict[str, Any]:
    out = folder / f"{function}.json"
    command = [sys.executable, str(options.bench), "--scorer", f"{Path(__file__).resolve()}:{function}"]
    command += ["--seed", str(options.seed), "--jobs", str(options.jobs), "--models", "--robust", "--json", str(out)]
    print(f"\n===== {function}", flush=True)
    subprocess.run(command, check=True)
    result: dict[str, Any] = json.loads(out.read_text())
    return result


def _print_rows(results: dict[str, dict[str, Any]]) -> None:
    print(
        f"\n{'':24s}{'mean AUC':>9s}{'worst':>7s}{'noise rho':>10s}{'random < Markov < VAE':>23s}{'files/s/core':>13s}"
    )
    for name, result in results.items():
        key = "overall" if "overall" in result["res"] else "score"
        found, models = result["res"][key], result["models"][key]
        print(
            f"{name:24s}{found['_mean']:9.3f}{found['_min'][0]:7.3f}{found['_noise']['rho']:10.3f}"
            f"{'yes' if models['random_lt_markov_lt_vae'] else 'no':>23s}{result['files_per_s_core']:13.0f}"
        )


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("quality_bench", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _pieces(bench: ModuleType, seeds: list[int], pieces: int = 200) -> dict[str, set[str]]:
    """Folder of a human set -> names of the files that the bench chooses with any of these seeds."""
    chosen: dict[str, set[str]] = {}
    for seed in seeds:
        for styles, shifted in ((bench.STYLES, seed), (bench.VEL_STYLES, seed + 1)):
            for folder in styles.values():
                chosen.setdefault(folder, set()).update(name for name, _ in bench.pick(folder, pieces // 4, shifted))
    return chosen


def _build_references(bench: ModuleType, seed: int) -> dict[str, Reference]:
    """Style -> a reference of its other pieces."""
    taken = _pieces(bench, [seed])
    references = {}
    for style, folder in bench.STYLES.items():
        paths = sorted(path for path in (Path(bench.DATA) / folder).rglob("*.mid*") if path.name not in taken[folder])
        chosen = np.random.default_rng(seed).permutation(len(paths))[:PIECES_A_CORPUS]
        references[style] = Reference.from_notes((read_notes(paths[index]) for index in chosen), name=style)
    return references


if __name__ == "__main__":
    main()
