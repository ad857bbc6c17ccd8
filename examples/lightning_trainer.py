"""Watch a Lightning training: python examples/lightning_trainer.py runs/folk-lightning"""

import sys

import mido
import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn

from musiclog.demo.melody import LOWEST, PITCHES
from musiclog.demo.tunes import load_tunes
from musiclog.integrations.lightning import MadeSample, MusiclogCallback, MusiclogLogger

WORDS, LENGTH = PITCHES + 1, 33  # the last word is a rest


class Composer(LightningModule):
    def __init__(self, size=64, learning_rate=0.01):
        super().__init__()
        self.save_hyperparameters()
        self.embedding = nn.Embedding(WORDS, size)
        self.memory = nn.GRU(size, size, batch_first=True)
        self.answer = nn.Linear(size, WORDS)

    def forward(self, pitches, state=None):
        heard, state = self.memory(self.embedding(pitches), state)
        return self.answer(heard), state

    def loss(self, pitches):
        scores, _ = self(pitches[:, :-1])
        return nn.functional.cross_entropy(scores.flatten(0, 1), pitches[:, 1:].flatten())

    def training_step(self, batch, number):
        return self.loss(batch)

    def validation_step(self, batch, number):
        self.log("val_loss", self.loss(batch))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), self.hparams.learning_rate)


def compose(model, step, epoch):
    track, last, state = mido.MidiTrack(), torch.tensor([[24]]), None
    for _ in range(48):
        scores, state = model(last, state)
        last = torch.multinomial((scores[:, -1] / 0.8).softmax(-1), 1)
        pitch, velocity = LOWEST + int(last) % PITCHES, 80 * (int(last) < PITCHES)
        track += [mido.Message("note_on", note=pitch, velocity=velocity),
                  mido.Message("note_off", note=pitch, time=240)]  # fmt: skip
    return MadeSample(mido.MidiFile(tracks=[track]), prompt="free", temperature=0.8)


def excerpts(tunes):
    """Every tune in every key, cut to one length; a rest fills up."""
    melodies = [tune.melody.transposed(key).pitches for tune in tunes for key in tune.melody.transpositions()]
    rows = [torch.as_tensor(pitches)[:LENGTH] for pitches in melodies]
    return torch.stack([nn.functional.pad(row, (0, LENGTH - len(row)), value=WORDS - 1) for row in rows])


def main(folder):
    seed_everything(1)
    tunes = load_tunes()
    trainer = Trainer(
        max_epochs=6,
        accelerator="cpu",
        logger=MusiclogLogger(folder),
        callbacks=[MusiclogCallback(sample_fn=compose, sample_every_epochs=2), ModelCheckpoint(monitor="val_loss")],
        gradient_clip_val=1.0,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    train = torch.utils.data.DataLoader(excerpts(tunes[3:]), batch_size=16, shuffle=True)
    trainer.fit(Composer(), train, torch.utils.data.DataLoader(excerpts(tunes[:3]), batch_size=16))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "runs/folk-lightning")
