"""Score the samples of a training in a process of its own: python -P -m musiclog.scoring_worker [--reference FOLDER].

One JSON line in, one JSON line out:
{"sample": path, "card": path}    writes the score card and answers {"card": what the monitor looks at}
{"evaluate": true}                answers {"metrics": of all samples since the last evaluation, "band": of the corpus}
Trouble with one of them is answered as {"trouble": reason}. Before all that it says {"ready": version of what it
measures against}, with a trouble where the corpus cannot be used. It ends with its input.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import orjson

from musiclog.errors import MidiError
from musiclog.notes import read_notes
from musiclog.quality import Copying, Reference, ScoreCard, compare_sets, mean_quality
from musiclog.quality.bands import length_class
from musiclog.quality.calibration import human
from musiclog.quality.scoring import score_and_copies
from musiclog.quality.usual import Usual, usual_quality
from musiclog.run_file import write_json
from musiclog.scalars import json_ready

# Of a card: what says something about a model. The rest would cost the training a tenth of a millisecond to read.
BAND = ("low", "typical", "high", "length", "source")  # of what is usual: what is drawn behind the curve of quality
HEARD = ("overall", "flags", "features", "bars", "note_count")


class ScoringWorker:
    """Answers requests; remembers the samples of the evaluation under way."""

    def __init__(self, reference: Reference | None) -> None:
        self._reference = reference
        self._cards: list[ScoreCard] = []
        self._copies: list[Copying] = []
        self._bands: dict[int, Usual] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            if "evaluate" in request:
                return self._evaluate()
            return self._score(Path(request["sample"]), Path(request["card"]))
        except (MidiError, OSError) as error:
            return {"trouble": str(error)}

    def _score(self, sample: Path, target: Path) -> dict[str, Any]:
        card, copying = score_and_copies(read_notes(sample), self._reference)
        data = card.as_dict()
        if copying is not None:
            self._copies.append(copying)
            data["copying"] = {**asdict(copying), "share": copying.share}
        self._cards.append(card)
        write_json(target, data)
        return {"card": {name: data[name] for name in HEARD}}

    def _evaluate(self) -> dict[str, Any]:
        cards, copies = self._cards, self._copies
        self._cards, self._copies = [], []
        if not cards:
            return {"metrics": {}}
        answer: dict[str, Any] = {"metrics": mean_quality(cards)}
        if self._reference is not None:
            answer["metrics"] |= _against(cards, copies, self._reference)
        length = length_class([card.bars for card in cards])
        if length not in self._bands:
            self._bands[length] = usual_quality(self._reference, length)
        usual = self._bands[length]
        answer["band"] = {name: getattr(usual, name) for name in BAND}
        return answer


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -P -m musiclog.scoring_worker", description=__doc__)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--nice", type=int, default=0, help="how far behind other processes of this machine")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the training
    step_back(options.nice)
    trouble, reference = None, None
    if options.reference is not None:
        try:
            reference = Reference.from_folder(options.reference, jobs=1)
        except (MidiError, OSError) as error:
            trouble = str(error)
    ready = {"ready": reference.version if reference else human().version, "trouble": trouble}
    try:
        _say(ready, sys.stdout)
        worker = ScoringWorker(reference)
        for line in sys.stdin:
            _say(worker.answer(orjson.loads(line)), sys.stdout)
    except BrokenPipeError:  # the training is gone
        os._exit(0)  # Python would complain about the pipe once more


def step_back(nice: int) -> None:
    """Let everything else on the machine go first."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  Windows only

        idle = 0x40
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), idle if nice else 0x20)
    else:
        os.nice(nice)


def _against(cards: list[ScoreCard], copies: list[Copying], reference: Reference) -> dict[str, float]:
    """The samples of an evaluation as a set beside the corpus; what cannot be known is left out."""
    compared = compare_sets(cards, reference)
    shares = [copying.share for copying in copies if copying.share is not None]
    told = {
        "quality/corpus_overlap": compared.mean_overlap,
        "quality/frechet": compared.frechet,
        "quality/frechet_chance": compared.null_high,
        "quality/copied_share": sum(shares) / len(shares) if shares else None,
        "quality/longest_copy_notes": max((copying.longest_notes for copying in copies), default=None),
    }
    return {name: float(value) for name, value in told.items() if value is not None}


def _say(answer: Mapping[str, Any], out: TextIO) -> None:
    out.buffer.write(orjson.dumps(json_ready(answer), option=orjson.OPT_APPEND_NEWLINE))
    out.buffer.flush()


if __name__ == "__main__":
    main()
