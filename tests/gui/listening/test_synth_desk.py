"""Who renders what: a voice what the user waits for, the pool what may be wanted."""

from __future__ import annotations

import pytest

from musiclog.arrangement import Arrangement
from musiclog_gui.work.pool import InlineExecutor, Task
from musiclog_gui.work.synth_desk import SynthDesk


class Waiting:
    """Takes tasks and leaves them undone until run() is called."""

    def __init__(self):
        self.tasks = []

    def submit(self, call, *arguments, done, failed, progress=None, urgent=False):
        self.tasks.append(Task(call, arguments, done, failed, progress, urgent))
        return self.tasks[-1]

    def run(self, task):
        def tell(kind):
            return lambda value="": task.tell(kind, value)

        InlineExecutor().submit(
            task.call, *task.arguments, done=tell("result"), failed=tell("error"), progress=tell("progress")
        )


@pytest.fixture
def desk(room):
    pool, voice = Waiting(), Waiting()
    desk = SynthDesk(pool, room.folder / "cache", voice=voice)
    desk.pool, desk.voice = pool, voice
    return desk


def test_what_is_foreseen_waits_in_the_pool_and_what_is_clicked_goes_to_a_voice(room, desk):
    ahead, clicked = room.sample("ahead.mid").path, room.sample("clicked.mid").path
    desk.foresee(ahead)
    desk.request(clicked, urgent=True)
    assert [task.arguments[0] for task in desk.pool.tasks] == [ahead]
    assert [task.arguments[0] for task in desk.voice.tasks] == [clicked]


def test_click_on_what_only_waits_takes_it_out_of_the_queue(room, desk):
    path = room.sample("a.mid").path
    desk.foresee(path)
    desk.request(path, urgent=True)
    assert desk.pool.tasks[0].cancelled
    desk.voice.run(desk.voice.tasks[0])
    assert desk.sound(path).complete


def test_click_on_what_has_a_beginning_already_is_not_rendered_again(room, desk, monkeypatch):
    path = room.sample("a.mid", beats=64).path
    desk.foresee(path)
    (task,) = desk.pool.tasks
    grown = []
    desk.grown.connect(lambda _path, sound: grown.append(sound.ready))
    monkeypatch.setattr(desk, "_finish", lambda _rendered: None)
    task.done = lambda _rendered: None  # the rest is still being made
    desk.pool.run(task)
    assert grown
    desk.request(path, urgent=True)
    assert not desk.voice.tasks
    assert not task.cancelled


def test_another_click_stops_what_nobody_waits_for_any_longer(room, desk):
    first, second = room.sample("a.mid").path, room.sample("b.mid").path
    desk.request(first, urgent=True)
    desk.request(second, Arrangement(tempo=0.5), urgent=True)
    assert [task.cancelled for task in desk.voice.tasks] == [True, False]
