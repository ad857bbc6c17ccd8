"""Write what was found as one file that opens anywhere: text, tables, curves and sounds inside it."""

from .chart import Line, chart
from .page import Figure, Lines, Section, Sentence, Sentences, Sounds, Table, page
from .sound import Sound, sound

__all__ = [
    "Figure", "Line", "Lines", "Section", "Sentence", "Sentences", "Sound", "Sounds", "Table", "chart", "page", "sound",
]  # fmt: skip
