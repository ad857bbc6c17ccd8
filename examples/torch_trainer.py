"""Train a small GRU on folk tunes with AdvancedTrainer: python examples/torch_trainer.py runs/folk-gru"""

import sys

import mido
import torch
from torch import nn

from musiclog.demo.melody import LOWEST, PITCHES
from musiclog.demo.tunes import load_tunes
from musiclog.integrations.torch import AdvancedTrainer, MadeSample, TrainerConfig

REST, START, WORDS = PITCHES, PITCHES + 1, PITCHES + 2
LENGTH = 33


class Tunes(torch.utils.data.Dataset):
    """The beginning of each tune, in another key each time."""

    def __init__(self, tunes):
        self.tunes = tunes

    def __len__(self):
        return len(self.tunes)

    def __getitem__(self, index):
        tune = self.tunes[index]
        keys = tune.melody.transpositions()
        shift = keys[int(torch.randint(len(keys), ()))]
        pitches = torch.as_tensor(tune.melody.transposed(shift).pitches)[: LENGTH - 1]
        padded = nn.functional.pad(pitches, (1, LENGTH - 1 - len(pitches)), value=REST)
        padded[0] = START
        # What stands under "files" is logged: which file was used, and what was done to it.
        return {"pitches": padded, "files": {"name": f"{tune.name}.abc", "original_length": len(tune.melody),
                                             "processed_length": len(pitches), "transposition": shift,
                                             "augmentation": {"transpose": shift} if shift else {}}}  # fmt: skip


class Composer(nn.Module):
    def __init__(self, size=64):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, size)
        self.memory = nn.GRU(size, size, batch_first=True)
        self.answer = nn.Linear(size, WORDS)

    def forward(self, pitches, state=None):
        heard, state = self.memory(self.embedding(pitches), state)
        return self.answer(heard), state


def losses(model, batch):
    """Each part is logged and watched; their sum is learned from."""
    pitches = batch["pitches"]
    scores, _ = model(pitches[:, :-1])
    answer = nn.functional.cross_entropy(scores.flatten(0, 1), pitches[:, 1:].flatten())
    return {"pitch": answer, "confidence": 1e-4 * scores.square().mean()}


def compose(model, step, epoch):
    """Two tunes of 48 notes; the trainer turns gradients off and seeds the draws."""
    for temperature in (0.6, 0.9):
        track, last, state = mido.MidiTrack(), torch.tensor([[START]]), None
        for _ in range(48):
            scores, state = model(last, state)
            scores[..., START] = -torch.inf
            last = torch.multinomial((scores[:, -1] / temperature).softmax(-1), 1)
            pitch, velocity = LOWEST + int(last) % PITCHES, 80 * (int(last) != REST)
            track += [mido.Message("note_on", note=pitch, velocity=velocity),
                      mido.Message("note_off", note=pitch, time=240)]  # fmt: skip
        yield MadeSample(mido.MidiFile(tracks=[track]), prompt="free", seed=0, temperature=temperature)


def main(folder):
    torch.manual_seed(1)
    tunes = load_tunes()
    trainer = AdvancedTrainer(
        model=Composer(),
        config=TrainerConfig(epochs=30, batch_size=4, learning_rate=0.01, warmup_steps=10, sample_every_epochs=10),
        train_dataset=Tunes(tunes[3:]),
        val_dataset=Tunes(tunes[:3]),
        loss_fn=losses,
        sample_fn=compose,
        actions={"nan_values": ["checkpoint", "stop"]},
        folder=folder,
    )
    print(trainer.fit())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "runs/folk-gru")
