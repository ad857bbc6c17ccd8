"""Watch a Hugging Face Trainer teach a tiny GPT-2 tunes: python examples/huggingface_trainer.py runs/folk-gpt2"""

import sys

import mido
import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from musiclog.demo.melody import LOWEST, PITCHES
from musiclog.demo.tunes import load_tunes
from musiclog.integrations.huggingface import MadeSample, MusiclogCallback

WORDS, LENGTH = PITCHES + 1, 32  # the last word is a rest


def excerpts(tunes):
    """Every tune in every key, cut to one length; a rest fills up."""
    found = []
    for tune in tunes:
        for key in tune.melody.transpositions():
            row = torch.as_tensor(tune.melody.transposed(key).pitches)[:LENGTH]
            row = torch.nn.functional.pad(row, (0, LENGTH - len(row)), value=WORDS - 1)
            found.append({"input_ids": row, "labels": row})
    return found


def compose(model, step, epoch):
    begin = torch.tensor([[24]])
    written = model.generate(begin, attention_mask=torch.ones_like(begin), max_new_tokens=LENGTH - 1, do_sample=True,
                             temperature=0.8, pad_token_id=WORDS - 1, eos_token_id=None)[0]  # fmt: skip
    track = mido.MidiTrack()
    for word in written.tolist():
        pitch, velocity = LOWEST + word % PITCHES, 80 * (word < PITCHES)
        track += [mido.Message("note_on", note=pitch, velocity=velocity),
                  mido.Message("note_off", note=pitch, time=240)]  # fmt: skip
    return MadeSample(mido.MidiFile(tracks=[track]), prompt="free", temperature=0.8)


def main(folder):
    torch.manual_seed(1)
    tunes = load_tunes()
    model = GPT2LMHeadModel(GPT2Config(vocab_size=WORDS, n_positions=LENGTH, n_embd=48, n_layer=2, n_head=4,
                                       bos_token_id=None, eos_token_id=None))  # fmt: skip
    arguments = TrainingArguments(
        output_dir=f"{folder}/checkpoints", num_train_epochs=4, per_device_train_batch_size=16, learning_rate=3e-3,
        logging_steps=1, logging_nan_inf_filter=False, eval_strategy="epoch", save_strategy="epoch", save_total_limit=2,
        report_to="none", use_cpu=True, disable_tqdm=True, dataloader_pin_memory=False,
    )  # fmt: skip
    trainer = Trainer(model, arguments, train_dataset=excerpts(tunes[3:]), eval_dataset=excerpts(tunes[:3]),
                      callbacks=[MusiclogCallback(folder, sample_fn=compose)])  # fmt: skip
    trainer.train()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "runs/folk-gpt2")
