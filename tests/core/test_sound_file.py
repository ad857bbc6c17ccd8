"""What is written is what was heard: the same length and the same samples within the format's steps."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from musiclog import sound_file
from musiclog.errors import SynthError
from musiclog.sound_file import kinds, write_sound

HZ = 44_100


@pytest.fixture
def pcm():
    time = np.arange(3 * HZ) / HZ
    return np.stack([0.5 * np.sin(2 * np.pi * 440 * time), 0.3 * np.sin(2 * np.pi * 660 * time)]).astype(np.float32)


def test_wav_holds_the_sound_in_sixteen_bits(tmp_path, pcm):
    write_sound(tmp_path / "a.wav", pcm, HZ)
    with wave.open(str(tmp_path / "a.wav"), "rb") as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, HZ, 3 * HZ)
        read = np.frombuffer(file.readframes(3 * HZ), "<i2").reshape(-1, 2).T / 32767
    assert np.abs(read - pcm).max() < 1 / 32767


@pytest.mark.parametrize(("suffix", "error"), [(".flac", 1e-6), (".ogg", 0.05)])
def test_flac_and_ogg_hold_the_sound(tmp_path, pcm, suffix, error):
    soundfile = pytest.importorskip("soundfile", exc_type=ImportError)
    write_sound(tmp_path / f"a{suffix}", pcm, HZ)
    read, hz = soundfile.read(tmp_path / f"a{suffix}")
    assert (hz, read.shape) == (HZ, (3 * HZ, 2))
    assert np.abs(read.T - pcm).max() < error
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]


def test_other_endings_and_folders_are_refused_in_words(tmp_path, pcm, monkeypatch):
    with pytest.raises(SynthError, match=r"a\.mp3: sound is written as \.wav"):
        write_sound(tmp_path / "a.mp3", pcm, HZ)
    with pytest.raises(SynthError, match="cannot be written"):
        write_sound(tmp_path / "nowhere" / "a.wav", pcm, HZ)
    monkeypatch.setattr(sound_file, "find_spec", lambda _name: None)
    assert kinds() == [".wav"]
    with pytest.raises(SynthError, match="pip install"):
        write_sound(tmp_path / "a.flac", pcm, HZ)
