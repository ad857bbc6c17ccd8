"""Log from your own training loop: python examples/own_loop.py runs/my-run, beside it: musiclog-gui runs"""

import math
import random
import sys

import mido

import musiclog


def sample(step: int) -> mido.MidiFile:
    """What a model would write: here a scale with ever fewer wrong notes."""
    track = mido.MidiTrack()
    for degree in (0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2, 0):
        pitch = 60 + degree + random.choice((-1, 1)) * (random.random() > step / 300)
        track += [mido.Message("note_on", note=pitch), mido.Message("note_off", note=pitch, time=240)]
    return mido.MidiFile(tracks=[track])


def main(folder: str) -> None:
    random.seed(1)
    config = {"model": {"hidden": 64}, "training": {"learning_rate": 0.01, "batch_size": 16}}
    with musiclog.Run(folder, config=config, total_epochs=3) as run:
        step = 0
        for epoch in range(1, 4):
            with run.epoch(epoch, batches=100):
                for batch in range(1, 101):
                    step += 1
                    loss = 4 * math.exp(-step / 80) + 0.1 * random.random()
                    run.log(step, total_loss=loss, gradient_norm=loss / 2, learning_rate=0.01, batch=batch)
            run.log_sample(sample(step), prompt="scale", seed=1)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "runs/own-loop")
