"""The text log for people: write the published format exactly, read it and the original program's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # records imports numpy, which writing must not pay for
    from .records import LogRecord

_HEAD = re.compile(
    r"\[(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d{1,6})?)\] \[(?P<level>[A-Z]+)\] \[(?P<module>[^\]]*)\]"
    r"(?: \[(?P<tag>[A-Z][A-Z0-9_]+)\])?(?: (?P<message>.*))?$"
)
_FIELD = re.compile(r"\s+- (?P<text>.*)$")


def format_record(
    time: float, level: str, module: str, message: str, fields: Sequence[str] = (), *, tag: str | None = None
) -> str:
    """One record with its newline. time is in Unix seconds and is written as local time.

    Line breaks inside message and fields would start a new record for a reader: they become fields and spaces.
    """
    first, *more = message.splitlines() or [""]
    moment = datetime.fromtimestamp(time).isoformat(sep=" ", timespec="milliseconds")
    head = f"[{moment}] [{level}] [{module}] {f'[{tag}] ' if tag else ''}{first}"
    lines = [head.rstrip(), *(f"  - {' '.join(text.split())}" for text in (*more, *fields))]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class TrainingState:
    """What a "Training progress" record says. None: not said. Memory in GB."""

    epoch: float | None = None
    epochs: float | None = None
    batch: float | None = None
    batches: float | None = None
    files: int | None = None
    augmented: int | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    gpu_used_gb: float | None = None
    gpu_total_gb: float | None = None
    ram_gb: float | None = None
    samples: tuple[str, ...] = ()


def state_fields(state: TrainingState) -> list[str]:
    """The indented fields of a "Training progress" record, in the published order; unknown ones are left out."""
    return [
        text
        for text in (
            _epoch_field(state),
            _files_field(state),
            losses_field("Losses", state.losses),
            _memory_field(state),
            f"Samples saved: {', '.join(state.samples)}" if state.samples else None,
        )
        if text is not None
    ]


def losses_field(title: str, losses: Mapping[str, float]) -> str | None:
    """Losses: {recon: 0.45, kl: 0.12}: two decimals, as published; metrics.jsonl has all digits."""
    if not losses:
        return None
    return f"{title}: {{{', '.join(f'{name}: {value:.2f}' for name, value in losses.items())}}}"


class LogParser:
    """Turns lines into records as they come. A record is complete when the next one begins, or at finish()."""

    def __init__(self) -> None:
        self._head: re.Match[str] | None = None
        self._fields: list[str] = []
        self.stray_lines = 0  # lines before the first record

    def feed(self, lines: Iterable[str]) -> list[LogRecord]:
        """The records that these lines complete."""
        done: list[LogRecord] = []
        for raw in lines:
            line = raw.rstrip("\r\n")
            head = _HEAD.match(line)
            if head is None:
                self._add(line)
                continue
            done += self.finish()
            self._head = head
        return done

    def finish(self) -> list[LogRecord]:
        """The record that was still open, if any."""
        from .records import LogRecord  # noqa: PLC0415 - reading side only

        if self._head is None:
            return []
        head, fields = self._head, tuple(self._fields)
        self._head, self._fields = None, []
        return [
            LogRecord(
                time=_unix(head["time"]),
                level=head["level"],
                module=head["module"],
                message=head["message"] or "",
                tag=head["tag"],
                fields=fields,
            )
        ]

    def _add(self, line: str) -> None:
        if not line.strip():
            return
        if self._head is None:
            self.stray_lines += 1
            return
        named = _FIELD.match(line)
        self._fields.append(named["text"] if named else line)


def parse(text: str) -> list[LogRecord]:
    """All records of a whole log."""
    parser = LogParser()
    return parser.feed(text.splitlines()) + parser.finish()


def _epoch_field(state: TrainingState) -> str | None:
    parts = [
        f"{title}: {_count(done)}" + (f"/{_count(planned)}" if planned is not None else "")
        for title, done, planned in (("Epoch", state.epoch, state.epochs), ("Batch", state.batch, state.batches))
        if done is not None
    ]
    return ", ".join(parts) or None


def _files_field(state: TrainingState) -> str | None:
    if state.files is None:
        return None
    return f"Files processed: {state.files} ({state.augmented or 0} augmented)"


def _memory_field(state: TrainingState) -> str | None:
    parts = []
    if state.gpu_used_gb is not None:
        total = f"/{state.gpu_total_gb:.1f}GB" if state.gpu_total_gb is not None else ""
        parts.append(f"GPU {state.gpu_used_gb:.1f}GB{total}")
    if state.ram_gb is not None:
        parts.append(f"RAM: {state.ram_gb:.1f}GB")
    return f"Memory: {', '.join(parts)}" if parts else None


def _count(value: float) -> str:
    return f"{value:g}" if value % 1 else str(int(value))


def _unix(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment.replace(",", ".")).timestamp()
    except (ValueError, OverflowError, OSError):  # such as month 13
        return None
