"""Score symbolic music: one honest number, nine that explain it, and the places in the piece that explain those."""

from musiclog.quality.card import Finding, Metric, ScoreCard
from musiclog.quality.reference import Reference
from musiclog.quality.scoring import score

__all__ = ["Finding", "Metric", "Reference", "ScoreCard", "score"]
