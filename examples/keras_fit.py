"""Watch a Keras 3 model learn tunes: KERAS_BACKEND=torch python examples/keras_fit.py runs/folk-keras"""

import sys

import keras
import mido
import numpy as np

from musiclog.demo.melody import LOWEST, PITCHES
from musiclog.demo.tunes import load_tunes
from musiclog.integrations.keras import MadeSample, MusiclogCallback

WORDS, LENGTH = PITCHES + 1, 33  # the last word is a rest


def excerpts(tunes):
    """Every tune in every key, cut to one length; a rest fills up. What is read, and what is to be answered."""
    found = np.full((sum(len(tune.melody.transpositions()) for tune in tunes), LENGTH), WORDS - 1)
    melodies = (tune.melody.transposed(key).pitches for tune in tunes for key in tune.melody.transpositions())
    for row, pitches in zip(found, melodies, strict=True):
        row[: len(pitches)] = pitches[:LENGTH]
    return found[:, :-1], found[:, 1:]


def compose(model, step, epoch):
    draw, written = np.random.default_rng(epoch), [24]
    while len(written) < LENGTH - 1:
        read = np.array([written + [WORDS - 1] * (LENGTH - 1 - len(written))])
        scores = keras.ops.convert_to_numpy(model(read))[0, len(written) - 1].astype(float)
        shares = np.exp((scores - scores.max()) / 0.8)
        written.append(int(draw.choice(WORDS, p=shares / shares.sum())))
    track = mido.MidiTrack()
    for word in written:
        pitch, velocity = LOWEST + word % PITCHES, 80 * (word < PITCHES)
        track += [mido.Message("note_on", note=pitch, velocity=velocity),
                  mido.Message("note_off", note=pitch, time=240)]  # fmt: skip
    return MadeSample(mido.MidiFile(tracks=[track]), prompt="free", seed=epoch, temperature=0.8)


def main(folder):
    keras.utils.set_random_seed(1)
    tunes = load_tunes()
    model = keras.Sequential([
        keras.layers.Embedding(WORDS, 48), keras.layers.GRU(48, return_sequences=True), keras.layers.Dense(WORDS),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(*excerpts(tunes[3:]), validation_data=excerpts(tunes[:3]), batch_size=32, epochs=3, verbose=0,
              callbacks=[MusiclogCallback(folder, sample_fn=compose)])  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "runs/folk-keras")
