"""What can be typed above the run list."""

from __future__ import annotations

import pytest

from musiclog_gui.state.run_query import Facts, parse

RUN = Facts("Bach-GRU", "/runs/chorales/bach-gru_1", "live", "musiclog", ("baseline", "seed 3"), alerts=2, samples=0)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", True), ("bach", True), ("BACH gru", True), ("chorales", True), ("mozart", False),
        ("state:live", True), ("state:fin", False), ("bach state:live", True), ("bach state:crashed", False),
        ("tag:base", True), ("tag:x", False), ("has:alerts", True), ("has:samples", False), ("format:music", True),
        ("-mozart", True), ("-state:live", False), ("has:", True), ("state:", True), ("-", True), ("lr:3", False),
    ],
)  # fmt: skip
def test_a_run_answers_the_question(text: str, answer: bool) -> None:
    assert parse(text)(RUN) is answer
