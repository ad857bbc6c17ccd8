"""Find out what this machine lacks for the window and the sound, and what to do about it.

Qt is never imported here: its packages are looked up, its system libraries and the display are tried by themselves.
"""

from __future__ import annotations

import ctypes
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from . import soundfont
from .plugins import plug_ins

# Packages of the gui extra by the module that shows them.
WINDOW_PACKAGES = {"PySide6": "PySide6-Essentials", "pyqtgraph": "pyqtgraph", "pygame": "pygame"}

# What the ELF headers of PySide6-Essentials 6.11's libQt6Gui, libQt6DBus and libqxcb ask the system for, with the
# Debian package that has it. Other parts of the list (libxcb-shm, libX11-xcb, ...) come with these packages.
XCB_LIBRARIES = {
    "libEGL.so.1": "libegl1", "libGL.so.1": "libgl1", "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3", "libglib-2.0.so.0": "libglib2.0-0", "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0", "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4", "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1", "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0", "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1", "libX11-xcb.so.1": "libx11-xcb1",
}
# Platforms of Qt that draw without a screen.
SCREENLESS = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. advice says what to do where it is not ok; needed means: no window without it."""

    name: str
    ok: bool
    found: str
    advice: str = ""
    needed: bool = True


def examine() -> list[Check]:
    """All checks, those that the window needs first."""
    checks = [python(), packages()]
    if sys.platform.startswith("linux"):
        checks += [qt_libraries(), display()]
    return [*checks, cache_folder(), sound_device(), sound_font(), extensions()]


def why_no_window() -> str | None:
    """One sentence that says why the window cannot open here and what to do; None where nothing speaks against it."""
    checks = [packages()]
    if sys.platform.startswith("linux"):
        checks += [qt_libraries(), display()]
    missing = next((check for check in checks if not check.ok), None)
    return None if missing is None else f"{missing.found}; {missing.advice}."


def python() -> Check:
    found = f"Python {platform.python_version()} on {platform.platform(terse=True)}"
    return Check("Python", sys.version_info >= (3, 11), found, "install Python 3.11, 3.12 or 3.13")


def packages() -> Check:
    missing = [package for module, package in WINDOW_PACKAGES.items() if find_spec(module) is None]
    if missing:
        return Check("packages", False, f"{', '.join(missing)} not installed",
                     'run: python -m pip install "musiclog[gui]"')
    return Check("packages", True, ", ".join(f"{name} {_version(name)}" for name in WINDOW_PACKAGES.values()))


def qt_libraries() -> Check:
    missing = [library for library in XCB_LIBRARIES if not _loads(library)]
    if not missing:
        return Check("Qt's system libraries", True, f"all {len(XCB_LIBRARIES)} found")
    needed = " ".join(dict.fromkeys(XCB_LIBRARIES[library] for library in missing))
    return Check("Qt's system libraries", False, f"missing {', '.join(missing)}",
                 f"on Debian or Ubuntu run: sudo apt-get install {needed}")


def display() -> Check:
    """Whether a window could be shown: the X server or the Wayland socket that the environment names answers."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if chosen in SCREENLESS:
        return Check("display", True, f"none needed: QT_QPA_PLATFORM is {chosen}")
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if wayland and _answers_wayland(wayland):
        return Check("display", True, f"Wayland {wayland}")
    if x11 and _answers_x11():
        return Check("display", True, f"X11 {x11}")
    names = [f"WAYLAND_DISPLAY {wayland}"] * bool(wayland) + [f"DISPLAY {x11}"] * bool(x11)
    found = f"{' and '.join(names)} cannot be opened" if names else "there is no display (DISPLAY is not set)"
    return Check("display", False, found,
                 "log in with a desktop, use ssh -X, or follow a run in this terminal with: musiclog watch RUN")


def cache_folder() -> Check:
    folder = Path(platformdirs.user_cache_dir("musiclog"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check("cache folder", False, f"{folder}: {error.strerror}",
                     "make it writable, or name another by XDG_CACHE_HOME", needed=False)
    return Check("cache folder", True, str(folder), needed=False)


def sound_device() -> Check:
    """Opened in a process of its own, because a sound driver may print, hang or crash."""
    if find_spec("pygame") is None:
        return Check("sound device", False, "pygame not installed", packages().advice, needed=False)
    program = "import pygame; pygame.mixer.init(); print(pygame.mixer.get_init())"
    try:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False,
                              env={**os.environ, "PYGAME_HIDE_SUPPORT_PROMPT": "1"})
    except subprocess.TimeoutExpired:
        return Check("sound device", False, "does not answer", "restart the sound server", needed=False)
    if done.returncode == 0:
        driver = os.environ.get("SDL_AUDIODRIVER")
        return Check("sound device", True, f"opens (SDL_AUDIODRIVER is {driver})" if driver else "opens", needed=False)
    reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1].removeprefix("pygame.error: ")
    return Check("sound device", False, reason, "connect one; without it everything but listening works", needed=False)


def sound_font() -> Check:
    found = soundfont.find()
    if found is None:
        return Check("SoundFont", False, "none found", 'run: python -m pip install "musiclog[gui]", or install a '
                     "General MIDI SoundFont such as Debian's fluid-soundfont-gm", needed=False)
    return Check("SoundFont", True, str(found), needed=False)


def extensions() -> Check:
    """What other packages bring; one that cannot be loaded is left out, and the rest works."""
    found = plug_ins()
    told = ", ".join(f"{each.kind} {each.name} ({each.package})" for each in found) or "none installed"
    broken = [f"{each.kind} {each.name} of {each.package}: {each.trouble}" for each in found if each.trouble]
    if broken:
        return Check("plug-ins", False, "; ".join(broken), "update or remove the package", needed=False)
    return Check("plug-ins", True, told, needed=False)


def window_can_start(checks: Iterable[Check]) -> bool:
    return all(check.ok for check in checks if check.needed)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # installed under another name: PySide6 whole instead of its essentials
        return "of another package"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _answers_x11() -> bool:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused


def _answers_wayland(name: str) -> bool:
    path = Path(os.environ.get("XDG_RUNTIME_DIR", ""), name)  # an absolute name stands for itself
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
