"""Score symbolic music: one honest number, nine that explain it, and the places in the piece that explain those."""

from musiclog.quality.card import Finding, Metric, ScoreCard, mean_quality
from musiclog.quality.copying import Copying
from musiclog.quality.reference import Reference
from musiclog.quality.scoring import score
from musiclog.quality.sets import SetComparison, compare_sets
from musiclog.quality.stopping import QualityStopper
from musiclog.quality.trend import Best, Evaluation, Trend, best_of, evaluations, trend_of

__all__ = [
    "Best",
    "Copying",
    "Evaluation",
    "Finding",
    "Metric",
    "QualityStopper",
    "Reference",
    "ScoreCard",
    "SetComparison",
    "Trend",
    "best_of",
    "compare_sets",
    "evaluations",
    "mean_quality",
    "score",
    "trend_of",
]
