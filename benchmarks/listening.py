"""Blind tests by a scripted listener: are the reported strengths and intervals right, and is chance called chance?

Usage: python benchmarks/listening.py [--run FOLDER] [--repetitions 200] [--seed 0]
The listener prefers the better-scored piece with 80 %. Coverage: how often the 95 % interval holds the true strength.
First the samples of a real run: its first epoch against its last, of the run in FOLDER (`musiclog demo --headless
--keep FOLDER` makes one) or of the demo, trained for it in half a minute. Then pieces with invented scores.
Beside the interval in use (Fisher's information) stands that of a bootstrap over answers.
"""

from __future__ import annotations

import argparse
import math
import random
import subprocess
import sys
import tempfile
import time

import numpy as np

from musiclog import open_run
from musiclog.listening import Answer, Contender, Piece, judge
from musiclog.listening.agreement import agreement
from musiclog.listening.bradley_terry import Counts, fit
from musiclog.listening.significance import LEVEL, binomial_p, decisions_needed
from musiclog.listening.simulated import ScriptedListener, first_against_last, hear

RESAMPLED = 200


def contenders(levels: list[float], spread: float, pieces: int, chance: random.Random):
    """Contenders whose pieces' scores lie around a level each."""
    scores, made = {}, []
    for number, level in enumerate(levels):
        ids = [f"{number}.{piece}" for piece in range(pieces)]
        scores |= {name: chance.gauss(level, spread) for name in ids}
        made.append(Contender(f"c{number}", tuple(Piece(name, name) for name in ids)))
    return made, scores


def truth(made, scores, keenness: float) -> np.ndarray:
    """Log strengths that answers without end would give: fitted to the true preferences."""
    k = len(made)
    sure = ScriptedListener(scores, 0, keenness)
    wins = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            if i != j:
                wins[i, j] = 1e6 * sure.preference(made[i], made[j])
    return fit(Counts(wins, np.zeros((k, k)))).log


def bootstrap(answers: list[Answer], names: list[str], rng: np.random.Generator) -> np.ndarray:
    """2.5 and 97.5 percentiles (2, k) of log strengths."""
    drawn = [
        judge([answers[place] for place in rng.integers(0, len(answers), len(answers))], names).strengths.log
        for _ in range(RESAMPLED)
    ]
    return np.quantile(drawn, (0.025, 0.975), axis=0)


def coverage(levels: list[float], answers: int, ties: float, options: argparse.Namespace, spread: float = 0.3) -> None:
    names = [f"c{number}" for number in range(len(levels))]
    rng = np.random.default_rng(options.seed)
    held, boot, off, called, asked = 0, 0, [], 0, 0
    for repetition in range(options.repetitions):
        chance = random.Random(f"{options.seed}:{repetition}")
        made, scores = contenders(levels, spread, 8, chance)
        right = truth(made, scores, options.keenness)
        listener = ScriptedListener(scores, repetition, options.keenness, ties)
        heard = hear(made, listener, answers, str(repetition))
        result = judge(heard, names)
        bounds = np.array([result.strengths.interval(i) for i in range(len(names))])
        held += int(((bounds[:, 0] <= right) & (right <= bounds[:, 1])).sum())
        asked += len(names)
        off.append(result.strengths.log - right)
        called += result.p is not None and result.p <= LEVEL
        if options.bootstrap:
            low, high = bootstrap(heard, names, rng)
            boot += int(((low <= right) & (right <= high)).sum())
    beside = f"{boot / asked:10.1%}" if options.bootstrap else "         –"
    bias = np.mean([each[-1] for each in off])
    print(f"{len(levels):3d} {answers:8d} {ties:6.0%} {spread:7.1f} {held / asked:10.1%} {beside} {bias:+8.3f} "
          f"{called / options.repetitions:9.1%}")  # fmt: skip


def real_samples(folder: str, options: argparse.Namespace) -> None:
    """The first epoch of a run against its last: strengths as a preference for the last, which has a meaning."""
    with open_run(folder) as run:
        made, scores = first_against_last(run.samples)
    names = [each.name for each in reversed(made)]
    right = ScriptedListener(scores, 0, options.keenness).preference(made[1], made[0])
    print(f"{names[0]} against {names[1]} of {run.name}: {len(scores)} pieces, scores "
          f"{', '.join(f'{score:.2f}' for score in scores.values())}; true preference {right:.1%}")  # fmt: skip
    for answers, ties in ((20, 0.0), (40, 0.0), (40, 0.1), (80, 0.1)):
        held, found, sure = 0, [], 0
        for repetition in range(options.repetitions):
            listener = ScriptedListener(scores, options.seed + repetition, options.keenness, ties)
            result = judge(hear(made, listener, answers, f"{options.seed}:{repetition}"), names)
            share, low, high = result.strengths.preference(0, 1)
            held += low <= right <= high
            found.append(share)
            sure += result.p is not None and result.p <= LEVEL
        n = options.repetitions
        print(f"  {answers:3d} answers, {ties:3.0%} ties: reported {np.mean(found):.1%} on average, interval holds the "
              f"truth in {held / n:.1%} of {n} (92 to 98 % wanted), settled in {sure / n:.1%}")  # fmt: skip


def no_difference(k: int, answers: int, options: argparse.Namespace) -> None:
    names = [f"c{number}" for number in range(k)]
    called = 0
    repetitions = 5 * options.repetitions
    for repetition in range(repetitions):
        made, scores = contenders([0.0] * k, 0.0, 8, random.Random(repetition))
        listener = ScriptedListener(dict.fromkeys(scores, 0.0), repetition, ties=0.1)
        result = judge(hear(made, listener, answers, str(repetition)), names)
        called += result.p is not None and result.p <= LEVEL
    print(f"{k:3d} {answers:8d} {called / repetitions:10.1%}")


def metric_agreement(options: argparse.Namespace) -> None:
    """A metric that is the listener's score with noise: how often its interval holds the correlation without end."""
    held, repetitions = 0, options.repetitions
    for repetition in range(repetitions):
        chance = random.Random(f"metric {options.seed}:{repetition}")
        made, scores = contenders([0.0, 0.3], 0.3, 12, chance)
        noisy = {piece: {"m": value + chance.gauss(0, 0.3)} for piece, value in scores.items()}
        listener = ScriptedListener(scores, repetition, options.keenness)
        right = np.mean([
            math.copysign(1, noisy[a.id]["m"] - noisy[b.id]["m"]) * (2 * listener.preference(
                Contender("", (a,)), Contender("", (b,))) - 1)
            for a in made[0].pieces for b in made[1].pieces
        ])  # fmt: skip
        found = agreement("m", hear(made, listener, 60, str(repetition)), noisy)
        held += found.low <= right <= found.high
    print(f"metric agreement, 60 answers, 24 pieces: interval holds the truth in {held / repetitions:.1%}")


def answers_that_settle(options: argparse.Namespace) -> None:
    for preference in (0.6, 0.7, 0.8, 0.9):
        n = decisions_needed(preference)
        rng = np.random.default_rng(options.seed)
        found = np.mean([binomial_p(int(wins), n - int(wins)) <= LEVEL for wins in rng.binomial(n, preference, 4000)])
        print(f"preference {preference:.0%}: {n:4d} decided answers, found in {found:.1%} of tests")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", help="a run with scored samples; without it the demo is trained")
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keenness", type=float, default=0.8)
    parser.add_argument("--bootstrap", action="store_true", help="beside it, which takes minutes")
    options = parser.parse_args()
    begun = time.perf_counter()
    if options.run:
        real_samples(options.run, options)
    else:
        with tempfile.TemporaryDirectory() as folder:
            command = (
                sys.executable,
                "-c",
                "from musiclog.cli import main; main()",
                "demo",
                "--headless",
                "--keep",
                folder,
            )
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            real_samples(folder, options)
    print("\n  k  answers   ties  spread   coverage  bootstrap     bias   settled")
    for levels, answers, ties, spread in (
        ([0.0, 1.0], 20, 0.0, 0.0), ([0.0, 1.0], 40, 0.0, 0.0), ([0.0, 1.0], 40, 0.2, 0.3), ([0.0, 0.3], 40, 0.1, 0.3),
        ([0.0, 0.2, 0.5], 60, 0.1, 0.3), ([0.0, 0.1, 0.3, 0.6], 60, 0.1, 0.3),
        ([0.0, 0.1, 0.3, 0.6, 0.7], 120, 0.1, 0.3),
    ):  # fmt: skip
        coverage(levels, answers, ties, options, spread)
    print("\nequals told apart (may be 5 % at most)")
    for k, answers in ((2, 40), (3, 60), (5, 120)):
        no_difference(k, answers, options)
    print()
    metric_agreement(options)
    answers_that_settle(options)
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
