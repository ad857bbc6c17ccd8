"""What the comparison says, first of all: short sentences with their figures, and the groups as a picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ..state.compare_answer import Answer
from ..state.compare_findings import Findings
from ..state.wording import breakable, one_line
from ..theme import scaled_font, theme
from .compare_intervals import GroupIntervals
from .compare_part import ComparePart, card, plain
from .compare_ranks import RankPicture

# What a sentence is, as a sign and a role of the theme: never by colour alone.
SIGNS = {
    "winner": ("▲", "good"), "difference": ("▲", "good"), "setting": ("◆", "accent"), "nothing": ("=", "muted"),
    "too_few": ("?", "warning"), "left_out": ("!", "warning"), "confounded": ("!", "warning"),
    "spread": ("±", "muted"), "note": ("i", "muted"),
}  # fmt: skip
WORDS = {
    "winner": "differs", "difference": "differs", "setting": "setting", "nothing": "nothing differs",
    "too_few": "too few runs", "left_out": "left out", "confounded": "mixed up", "spread": "spread", "note": "note",
}  # fmt: skip
SPLIT = frozenset({"winner", "difference", "nothing", "too_few", "left_out", "spread"})
LONGEST = 700  # characters of a sentence; names in it may be anything


class CompareSummary(ComparePart):
    """Sentences, groups with intervals and, of several groups, their ranks."""

    def __init__(self, findings: Findings, parent: QWidget | None = None) -> None:
        super().__init__(findings, parent)
        self._told: tuple[object, ...] = ()
        self._sentences = QVBoxLayout()
        self._sentences.setSpacing(8)
        self.intervals, self.ranks = GroupIntervals(), RankPicture()
        self._legend = plain("", "muted", wrap=True)
        self._ranks_note = plain("", "muted", wrap=True)
        self._groups = card("Groups", self.intervals, note=self._legend)
        self._ranked = card("Ranks", self.ranks, note=self._ranks_note)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4, 8, 12, 12)
        layout.setSpacing(12)
        layout.addLayout(self._sentences)
        layout.addWidget(self._groups)
        layout.addWidget(self._ranked)
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("What the comparison says")
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def words(self) -> list[str]:
        """The sentences that are shown."""
        return [frame.accessibleName() for frame in self.findChildren(QFrame, "sentence")]

    def refresh(self) -> None:
        answer = self.findings.answer
        if answer is None:
            return
        self._tell(answer)
        main = answer.comparison.main
        self._groups.setVisible(main is not None)
        if main is None:
            return
        column = answer.frame.column(main)
        study = answer.comparison.tests.get(main)
        self.intervals.show_groups(self.findings, column)
        better = f", {column.better} is better" if column.better else ""
        self._legend.setText(f"{one_line(str(column), 120)}{better}. Small dots are runs, large ones means with their "
                             "95 % interval; ★ is the best mean, ≈ cannot be told from it.")  # fmt: skip
        ranks = None if study is None else study.ranks
        self._ranked.setVisible(ranks is not None)
        if ranks is not None and study is not None:
            groups = self.findings.groups()
            self.ranks.show_ranks([groups[place] for place in study.tested], ranks)
            critical = "" if ranks.critical is None else f" Nemenyi's critical difference is {ranks.critical:.2f}."
            self._ranks_note.setText("Mean rank of each group, 1 the lowest value. Groups under one bar cannot be told "
                                     f"apart (pairs with Holm's correction).{critical}")  # fmt: skip

    def _tell(self, answer: Answer) -> None:
        """The sentences anew, if they are others: who reads one keeps it under his eyes."""
        found = answer.comparison
        told = (theme().name, *((each.kind, each.text) for each in found.insights), *found.notices, *answer.notices)
        if told == self._told:
            return
        self._told = told
        while (item := self._sentences.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setObjectName("")
                widget.hide()
                widget.deleteLater()
        for number, each in enumerate(found.insights):
            self._sentences.addWidget(_sentence(each.kind, each.text, first=number == 0))
        for notice in (*found.notices, *answer.notices):
            self._sentences.addWidget(_sentence("note", notice))


def _parts(text: str) -> tuple[str, str]:
    """The first clause, and the figures or further sentences after it."""
    ends = [(place, sign) for sign in (": ", ". ") if (place := text.find(sign)) > 0]
    if not ends:
        return text, ""
    place, sign = min(ends)
    return f"{text[:place]}.", text[place + len(sign) :]


def _sentence(kind: str, text: str, first: bool = False) -> QFrame:
    sign, role = SIGNS.get(kind, SIGNS["note"])
    colour = getattr(theme(), role)
    mark = plain(sign)
    mark.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
    mark.setFixedWidth(22)
    mark.setFont(scaled_font(mark.font(), 1.2 if first else 1.0, bold=True))
    mark.setStyleSheet(f"color: {colour}")
    mark.setAccessibleName(WORDS.get(kind, kind))
    mark.setToolTip(WORDS.get(kind, kind))
    frame = QFrame()
    frame.setProperty("card", True)
    frame.setAccessibleName(one_line(text, LONGEST))
    frame.setObjectName("sentence")
    lines = QVBoxLayout()
    lines.setSpacing(3)
    # What is said stands before what it is said from.
    for number, part in enumerate(_parts(one_line(text, LONGEST)) if kind in SPLIT else (one_line(text, LONGEST), "")):
        if part:
            words = plain(breakable(part), wrap=True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
            if number or kind in ("note", "spread"):
                words.setProperty("role", "muted")
            elif first:
                words.setFont(scaled_font(words.font(), 1.15, bold=True))
            lines.addWidget(words)
    row = QHBoxLayout(frame)
    row.setContentsMargins(10, 9, 14, 9)
    row.setSpacing(8)
    row.addWidget(mark)
    row.addLayout(lines, 1)
    return frame
