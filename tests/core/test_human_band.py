"""The band of human music that a chart draws is the one that the scores are made by."""

from __future__ import annotations

import pytest

from musiclog.human_band import human_band
from musiclog.quality.bands import length_class
from musiclog.quality.calibration import human
from musiclog.quality.usual import usual_quality


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 5, 8, 16, 17, 40, 64, 65, 400])
def test_it_is_that_of_excerpts_of_the_samples_length(bars: int):
    band = human_band([{"calibration": human().version, "bars": bars}, None, {}])
    usual = usual_quality(None, length_class([bars]))
    assert (band.low, band.typical, band.high) == pytest.approx((usual.low, usual.typical, usual.high))
    assert (band.length, band.source) == (usual.length, usual.source)


def test_scores_by_a_corpus_or_of_another_version_have_none():
    assert human_band([{"calibration": "walks (20 pieces, 0123abcd)", "bars": 8}]) is None
    assert human_band([None, {"overall": 0.5}]) is None
