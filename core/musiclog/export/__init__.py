"""Write what was found as files that open anywhere: text, tables, curves and sounds in them."""

from .chart import SMALL, Line, chart
from .markdown import markdown
from .page import page
from .parts import Document, Figure, Figures, Lines, Pairs, Section, Sentence, Sentences, Sounds, Table
from .sound import Sound, sound
from .spreadsheet import as_csv
from .standings import Standing, critical, standings

__all__ = [
    "SMALL", "Document", "Figure", "Figures", "Line", "Lines", "Pairs", "Section", "Sentence", "Sentences", "Sound",
    "Sounds", "Standing", "Table", "as_csv", "chart", "critical", "markdown", "page", "sound", "standings",
]  # fmt: skip
