"""A corpus as the measure: its own music is usual, other music is not, and copies are found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musiclog.errors import MidiError
from musiclog.notes import make_notes, write_midi
from musiclog.quality import Reference, compare_sets, kept, score
from musiclog.quality.scoring import score_and_copies
from musiclog.quality.sets import frechet, overlapping

from . import music


def tune(seed: int, bars: int = 8):
    """A stepwise walk in C over held triads, different for every seed."""
    chance = np.random.default_rng(seed)
    degree = 7 + np.cumsum(chance.choice([-1, -1, 0, 1, 1, 2, -2], bars * 8)) % 8
    scale = [12 * octave + step for octave in range(3, 7) for step in (0, 2, 4, 5, 7, 9, 11)]
    rows = [(index / 2, 0.5, scale[step + 7], 80, 0) for index, step in enumerate(degree)]
    for bar in range(bars):
        rows += [(4 * bar, 4, pitch, 60, 0) for pitch in ((48, 52, 55), (53, 57, 60), (43, 47, 50))[bar % 3]]
    return make_notes(rows)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder of this test alone."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(kept, "user_cache_path", lambda *_names, **_options: folder)
    return folder


@pytest.fixture(scope="module")
def corpus() -> Reference:
    return Reference.from_notes([tune(seed) for seed in range(40)], name="walks")


def test_music_of_the_corpus_is_closer_to_it_than_other_music(corpus: Reference):
    inside = score(tune(1000), corpus)
    assert inside.overall > 0.6
    assert inside.calibration == corpus.version
    for other in (music.random_notes(), music.one_bar_loop(), music.song()):
        assert score(other, corpus).overall < inside.overall - 0.2


def test_the_version_names_the_corpus_and_its_content(corpus: Reference):
    again = Reference.from_notes([tune(seed) for seed in range(40)], name="walks")
    other = Reference.from_notes([tune(seed) for seed in range(39)], name="walks")
    assert corpus.version.startswith("walks (40 pieces, ")
    assert again.version == corpus.version
    assert other.version != corpus.version


def test_a_folder_is_read_with_progress_and_bad_files_are_named(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    for seed in range(6):
        write_midi(tmp_path / "deep" / f"{seed}.mid", tune(seed))
    (tmp_path / "bad.mid").write_bytes(b"nothing")
    told = []
    reference = Reference.from_folder(tmp_path, progress=lambda done, total: told.append((done, total)))
    assert reference.piece_count == 6
    assert told[0] == (0, 7)
    assert told[-1] == (7, 7)
    assert reference.unreadable[0].startswith("bad.mid: ")
    assert Reference.from_folder(tmp_path, limit=3).piece_count <= 3


def test_more_processes_give_the_same_reference(tmp_path: Path):
    for seed in range(10):
        write_midi(tmp_path / f"{seed}.mid", tune(seed, bars=2))
    one, two = (Reference.from_folder(tmp_path, jobs=jobs, cache=False) for jobs in (1, 2))
    assert one.version == two.version
    assert np.array_equal(one.bands.values, two.bands.values, equal_nan=True)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_progress_raises_cancels(tmp_path: Path, jobs: int):
    for seed in range(4):
        write_midi(tmp_path / f"{seed}.mid", tune(seed, bars=2))

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Reference.from_folder(tmp_path, jobs=jobs, progress=stop)


def test_a_corpus_is_measured_once_for_its_content(tmp_path: Path, own_cache: Path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for seed in range(6):
        write_midi(corpus / f"{seed}.mid", tune(seed))
    (corpus / "bad.mid").write_bytes(b"nothing")
    first = Reference.from_folder(corpus)
    told = []
    again = Reference.from_folder(corpus, progress=lambda *numbers: told.append(numbers))

    assert told == [(7, 7)]
    assert (again.name, again.version, again.unreadable) == (first.name, first.version, first.unreadable)
    assert np.array_equal(again.bands.values, first.bands.values, equal_nan=True)
    assert all(np.array_equal(*pair, equal_nan=True) for pair in zip(again.features, first.features, strict=True))
    for piece in (tune(3), tune(99)):
        assert score(piece, again) == score(piece, first)
        assert again.copies(piece) == first.copies(piece)

    write_midi(corpus / "0.mid", tune(50))
    assert Reference.from_folder(corpus).version != first.version
    assert Reference.from_folder(corpus, cache=tmp_path / "other").version != first.version
    assert len(list((own_cache / "references").iterdir())) == 2


def test_a_damaged_cache_is_measured_again(tmp_path: Path, own_cache: Path):
    for seed in range(6):
        write_midi(tmp_path / f"{seed}.mid", tune(seed))
    first = Reference.from_folder(tmp_path)
    (file,) = (own_cache / "references").iterdir()
    for damage in (b"", b"PK\x03\x04 and nothing else", file.read_bytes()[:-400]):
        file.write_bytes(damage)
        assert Reference.from_folder(tmp_path).version == first.version


WITHOUT_A_GUARD = """
from pathlib import Path
from musiclog.quality import Reference
with Path("ran").open("a") as file:
    file.write("x")
print(Reference.from_folder("corpus", jobs=2, cache=False).piece_count)
"""


def test_a_program_without_a_main_guard_measures_in_processes_and_runs_once(tmp_path: Path):
    (tmp_path / "corpus").mkdir()
    for seed in range(6):
        write_midi(tmp_path / "corpus" / f"{seed}.mid", tune(seed))
    (tmp_path / "program.py").write_text(WITHOUT_A_GUARD)
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "6\n"
    assert (tmp_path / "ran").read_text() == "x"


def test_a_folder_without_music_is_no_reference(tmp_path: Path):
    with pytest.raises(MidiError, match="cannot be a reference"):
        Reference.from_folder(tmp_path)


def test_a_copy_is_found_though_transposed_and_delayed(corpus: Reference):
    original = tune(7)
    moved = music.with_notes(original, pitch=original.pitch + 3, onset=original.onset + 2)
    copying = corpus.copies(moved)
    assert copying.share == 1.0
    assert copying.longest_notes == 64
    assert copying.piece == 7
    assert copying.start_beats == 2.0


def test_a_copy_is_a_finding_that_costs_nothing_and_comes_first(corpus: Reference):
    card, copying = score_and_copies(tune(3), corpus)
    first = card.findings[0]
    assert (first.kind, first.weight) == ("copied", 0.0)
    assert first.text.startswith(f"{copying.longest_notes} notes in a row stand in the corpus too; 100% of its")
    assert card.overall == score(tune(3), corpus).overall
    own, _ = score_and_copies(tune(1000), corpus)
    assert "copied" not in {finding.kind for finding in own.findings}


def test_new_music_copies_next_to_nothing(corpus: Reference):
    copying = corpus.copies(music.song())
    assert copying.share == 0.0
    assert copying.longest_notes < 12


def test_nothing_to_compare_is_none(corpus: Reference):
    assert corpus.copies(make_notes([(0, 1, 60)])).share is None


def test_a_set_from_the_corpus_lies_within_chance_and_another_far_outside(corpus: Reference):
    same = compare_sets([score(tune(seed)) for seed in range(500, 520)], corpus)
    other = compare_sets([score(music.random_notes(seed=seed)) for seed in range(20)], corpus)
    assert same.frechet < 2 * same.null_high
    assert other.frechet > 5 * other.null_high
    assert same.mean_overlap > other.mean_overlap + 0.3
    assert same.length_class == "8 bars"


def test_a_set_of_few_says_that_it_is_too_few(corpus: Reference):
    comparison = compare_sets([score(tune(900))] * 3, corpus)
    assert comparison.frechet is None
    assert "needs 8 samples" in comparison.reason


def test_a_set_that_has_next_to_no_feature_of_the_corpus_says_so(corpus: Reference):
    comparison = compare_sets([score(make_notes([(0, 1, 60)]))] * 10, corpus)
    assert comparison.frechet is None
    assert "a distance needs 5" in comparison.reason


def test_overlap_is_one_for_equal_and_zero_for_distant_values():
    values = np.random.default_rng(0).normal(size=200)
    assert overlapping(values, values).area == pytest.approx(1.0)
    assert overlapping(values, values).divergence == pytest.approx(0.0, abs=1e-9)
    assert overlapping(values, values + 100).area < 0.01
    assert overlapping(np.ones(20), np.ones(20)).area == pytest.approx(1.0)
    assert overlapping(values, np.full(200, np.nan)) is None


def test_the_frechet_distance_of_shifted_clouds_is_the_square_of_the_shift():
    cloud = np.random.default_rng(0).normal(size=(500, 3))
    assert frechet(cloud, cloud) == pytest.approx(0.0, abs=1e-9)
    assert frechet(cloud, cloud + np.array([2, 0, 0])) == pytest.approx(4.0)
