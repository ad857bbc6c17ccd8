"""Score symbolic music: one honest number, nine that explain it, and the places in the piece that explain those."""

from musiclog.quality.card import Finding, Metric, ScoreCard
from musiclog.quality.copying import Copying
from musiclog.quality.reference import Reference
from musiclog.quality.scoring import score
from musiclog.quality.sets import SetComparison, compare_sets

__all__ = ["Copying", "Finding", "Metric", "Reference", "ScoreCard", "SetComparison", "compare_sets", "score"]
