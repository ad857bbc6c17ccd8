"""SoundFonts are found where systems keep them, and ranked with a reason."""

from __future__ import annotations

import subprocess
import sys

import pytest

from musiclog import soundfont

SF2 = b"RIFF\x04\x00\x00\x00sfbk"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with no SoundFont but the ones that a test puts there."""
    monkeypatch.delenv(soundfont.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(soundfont, "UNIX_FOLDERS", ())
    monkeypatch.setattr(soundfont, "MAC_FOLDERS", ())
    return tmp_path


def put(folder, name, size=0):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(SF2 + bytes(size))
    return path


def test_bundled_soundfont_is_found_without_importing_its_package():
    code = (
        "import sys; from musiclog.soundfont import bundled_soundfont\n"
        "print(bundled_soundfont()); assert 'pretty_midi' not in sys.modules"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip().endswith("TimGM6mb.sf2")


def test_bundled_soundfont_is_the_last_resort(machine):
    found = soundfont.candidates()
    assert [font.path.name for font in found] == ["TimGM6mb.sf2"]
    assert "pretty_midi" in found[0].reason


def test_installed_one_comes_before_the_bundled_one(machine):
    path = put(machine / "share" / "soundfonts", "FluidR3_GM.sf2")
    assert soundfont.find() == path


def test_known_banks_come_in_their_order_then_the_larger(machine):
    folder = machine / "home" / "soundfonts"
    for name, size in (("Odd.sf2", 5), ("Odder.sf2", 50), ("FluidR3_GM.sf2", 1), ("MuseScore_General.sf3", 0)):
        put(folder, name, size)
    names = [font.path.name for font in soundfont.candidates()][:4]
    assert names == ["MuseScore_General.sf3", "FluidR3_GM.sf2", "Odder.sf2", "Odd.sf2"]


def test_users_choice_comes_before_the_environments_and_both_before_all(machine, monkeypatch):
    put(machine / "share" / "soundfonts", "FluidR3_GM.sf2")
    named = put(machine, "named.sf2")
    chosen = put(machine, "chosen.sf2")
    monkeypatch.setenv(soundfont.VARIABLE, str(named))
    assert [font.path for font in soundfont.candidates(chosen)][:2] == [chosen, named]
    assert soundfont.find() == named


def test_choice_that_is_no_soundfont_is_passed_over(machine):
    wrong = machine / "song.sf2"
    wrong.write_bytes(b"MThd and so on")
    assert soundfont.find(wrong).name == "TimGM6mb.sf2"
    assert soundfont.find(machine / "missing.sf2").name == "TimGM6mb.sf2"


def test_link_to_the_same_file_is_listed_once(machine):
    folder = machine / "share" / "soundfonts"
    real = put(folder, "FluidR3_GM.sf2")
    (folder / "default-GM.sf2").symlink_to(real)
    (folder / "dangling.sf2").symlink_to(folder / "nowhere.sf2")
    assert [font.path.name for font in soundfont.candidates()] == ["FluidR3_GM.sf2", "TimGM6mb.sf2"]


def test_windows_folders_come_from_its_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(soundfont.sys, "platform", "win32")
    monkeypatch.setenv("PROGRAMDATA", str(tmp_path))
    assert tmp_path / "soundfonts" in soundfont.folders()
