"""A table of samples with everything behind it; work is done at once in this process."""

import pytest

from musiclog.notes import make_notes, write_midi
from musiclog.records import News, RunRef, SampleFile
from musiclog.run_data import RunData
from musiclog_gui.state.runs import RunStore
from musiclog_gui.state.samples import SampleTableModel
from musiclog_gui.state.selection import Selection
from musiclog_gui.work.player import Player
from musiclog_gui.work.pool import InlineExecutor
from musiclog_gui.work.score_desk import ScoreDesk
from musiclog_gui.work.sound_output import SilentOutput
from musiclog_gui.work.synth_desk import SynthDesk


class Room:
    """Files, store, desks and a player whose clock the test turns."""

    def __init__(self, folder):
        self.folder, self.now = folder, 0.0
        self.store, self.selection = RunStore(), Selection()
        executor, cache = InlineExecutor(), folder / "cache"
        self.scores, self.sounds = ScoreDesk(executor, cache), SynthDesk(executor, cache)
        self.player = Player(self.sounds, SilentOutput(lambda: self.now))
        self.model = SampleTableModel()
        self.scores.assessed.connect(self.model.assess)

    def sample(self, name, epoch=1.0, beats=8, run_id="/runs/a", **more):
        path = self.folder / run_id[-1] / name
        path.parent.mkdir(exist_ok=True)
        scale = (60, 62, 64, 65, 67, 69, 71, 72)
        notes = [(beat, 1, scale[beat * int(epoch + 2) % 8] + len(name) % 5, 60 + beat % 40) for beat in range(beats)]
        write_midi(path, make_notes(notes))
        return SampleFile(str(path), name, step=100 * epoch, epoch=epoch, **more)

    def arrive(self, *files, run_id="/runs/a", name=None):
        if self.store.entry(run_id) is None:
            self.store.add(run_id, "/runs", RunData(RunRef(run_id, "musiclog", name or run_id[-1] * 3)))
        self.store.absorb(run_id, News(samples=files))
        self.model.take_run(self.store.entry(run_id), {})
        for file in files:
            self.scores.request(file.path)

    def hear(self, seconds):
        """Let time pass for the player."""
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            self.player.tick()


@pytest.fixture
def room(tmp_path, qtbot):
    room = Room(tmp_path)
    yield room
    room.player.close()
