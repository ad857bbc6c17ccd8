"""What musiclog raises, so that a caller can tell its own mistake from a bad file.

MusiclogError
├── RunError       a Run was opened with nonsense (the only error that training code can meet)
├── MidiError      a MIDI file that gives no notes, with the reason
├── SynthError     notes that cannot be made into sound, with the reason
├── ReadError      a path that is no run folder of any known format
└── ExtraMissing   a package that only some users need is not installed, with the command that installs it
"""


class MusiclogError(Exception):
    """Base of everything that musiclog raises on purpose."""


class RunError(MusiclogError, ValueError):
    """A Run cannot be opened as asked: what, where, what now."""


class MidiError(MusiclogError, ValueError):
    """A MIDI file gives no notes: what, where, what now."""


class SynthError(MusiclogError, RuntimeError):
    """Notes cannot be made into sound: what, where, what now."""


class ReadError(MusiclogError, ValueError):
    """A path is not a run of any known format, or cannot be read."""


class ExtraMissing(MusiclogError, ImportError):
    """A package that only some users need is not installed: what for, and the command that installs it."""
