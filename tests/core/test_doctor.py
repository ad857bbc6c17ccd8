"""The doctor names what is missing and what to do, and never imports Qt to find out."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from musiclog import doctor
from musiclog.doctor import Check


def test_missing_packages_are_named_with_the_command_that_brings_them(monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "PySide6" else object())
    check = doctor.packages()
    assert not check.ok
    assert "PySide6-Essentials" in check.found
    assert 'pip install "musiclog[gui]"' in check.advice


def test_missing_system_libraries_are_named_with_their_debian_packages(monkeypatch):
    monkeypatch.setattr(doctor, "_loads", lambda library: "cursor" not in library and "EGL" not in library)
    check = doctor.qt_libraries()
    assert check.found == "missing libEGL.so.1, libxcb-cursor.so.0"
    assert check.advice.endswith("apt-get install libegl1 libxcb-cursor0")


def test_a_library_that_no_system_has_does_not_load():
    assert not doctor._loads("libmusiclog-does-not-exist.so.7")


def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_display_it_says_so_and_what_to_do(monkeypatch):
    no_display(monkeypatch)
    check = doctor.display()
    assert not check.ok
    assert "no display" in check.found
    assert "musiclog watch" in check.advice


@pytest.mark.skipif(sys.platform != "linux", reason="X11 and Wayland are asked on Linux only")
def test_a_display_that_does_not_answer_is_none(monkeypatch, tmp_path):
    no_display(monkeypatch)
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.setenv("WAYLAND_DISPLAY", str(tmp_path / "wayland-9"))
    check = doctor.display()
    assert not check.ok
    assert ":4711" in check.found
    assert "cannot be opened" in check.found


@pytest.mark.skipif(sys.platform != "linux", reason="X11 and Wayland are asked on Linux only")
def test_a_wayland_socket_that_answers_is_a_display(monkeypatch, tmp_path):
    no_display(monkeypatch)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-1"))
        server.listen()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
        assert doctor.display() == Check("display", True, "Wayland wayland-1")


def test_drawing_without_a_screen_needs_no_display(monkeypatch):
    no_display(monkeypatch)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen:size=800x600")
    assert doctor.display().ok


def test_one_sentence_says_why_there_is_no_window(monkeypatch):
    monkeypatch.setattr(doctor, "packages", lambda: Check("packages", False, "PySide6 not installed", "install it"))
    assert doctor.why_no_window() == "PySide6 not installed; install it."


def test_where_nothing_is_missing_there_is_no_reason(monkeypatch):
    for name in ("packages", "qt_libraries", "display"):
        monkeypatch.setattr(doctor, name, lambda: Check("any", True, "found"))
    assert doctor.why_no_window() is None


def test_a_cache_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(doctor.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "file" / name))
    check = doctor.cache_folder()
    assert not check.ok
    assert not check.needed


def test_missing_sound_does_not_keep_the_window_from_starting():
    checks = [Check("packages", True, ""), Check("sound device", False, "none", "connect one", needed=False)]
    assert doctor.window_can_start(checks)
    assert not doctor.window_can_start([*checks, Check("display", False, "none", "log in")])


def test_a_silent_sound_driver_opens(monkeypatch):
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    check = doctor.sound_device()
    assert check.ok
    assert "dummy" in check.found


def test_a_sound_driver_that_does_not_exist_is_told_in_its_own_words(monkeypatch):
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_AUDIODRIVER", "no-such-driver")
    check = doctor.sound_device()
    assert not check.ok
    assert "no-such-driver" in check.found


def test_it_looks_for_qt_without_importing_it():
    program = "import sys; from musiclog import doctor; doctor.examine(); print('PySide6' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
