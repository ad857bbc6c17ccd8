"""The best samples as a folder: files that play, a text, a page that is whole by itself and runs nothing."""

import base64
import re
import wave
from pathlib import Path

from musiclog.best_of import write_best_of
from musiclog.notes import make_notes, write_midi
from musiclog.sample_marks import Pick, SampleMarks


def pick(folder: Path, name: str, **marks) -> Pick:
    path = folder / "x.mid"
    write_midi(path, make_notes([(beat, 1, 60 + beat, 80) for beat in range(4)]))
    return Pick(str(path), name, "run a · epoch 3", 0.71, SampleMarks(**marks))


def test_folder_holds_midi_sound_text_and_page(tmp_path):
    target = tmp_path / "best"
    picks = [pick(tmp_path, "one.mid", stars=5, tags=("ending",), comment="fine", commented=0.0)]
    assert list(write_best_of(target, picks)) == [1]
    assert sorted(path.name for path in target.iterdir()) == ["1-one.mid", "1-one.wav", "best-of.html", "best-of.txt"]
    with wave.open(str(target / "1-one.wav")) as sound:
        assert sound.getnframes() > sound.getframerate()
    text = (target / "best-of.txt").read_text(encoding="utf-8")
    assert "★★★★★ · run a · epoch 3 · quality 0.71 · #ending" in text
    assert "fine (19" in text


def test_page_carries_its_sound_and_no_foreign_code(tmp_path):
    picks = [pick(tmp_path, "<script>alert(1)</script>.mid", comment='"><img src=x onerror=1>')]
    list(write_best_of(tmp_path / "best", picks))
    page = (tmp_path / "best" / "best-of.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "http:" not in page.replace("http-equiv", "")
    sound = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
    assert sound[:4] in {b"OggS", b"RIFF"}


def test_pick_that_is_broken_or_gone_stands_there_with_its_reason(tmp_path):
    broken = tmp_path / "broken.mid"
    broken.write_bytes(b"MThd and no more")
    picks = [Pick(str(broken), "broken.mid"), Pick(str(tmp_path / "gone.mid"), "gone.mid")]
    assert list(write_best_of(tmp_path / "best", picks)) == [1, 2]
    text = (tmp_path / "best" / "best-of.txt").read_text(encoding="utf-8")
    assert "the file is gone" in text
    assert "broken.mid:" in text
