"""What somebody called a run or a metric orders nothing in the terminal of whoever looks at it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.live import Live
from rich.table import Table
from rich.text import Text

from musiclog import Run
from musiclog.cli import main
from musiclog.screen import Harmless, screen

HOSTILE = "a\x1b]0;mine\x07\x9b31m\u202ez"


@pytest.mark.parametrize("command", ["watch --once", "check", "compare"])
def test_commands_show_control_characters(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Run(tmp_path / "run", name=HOSTILE) as run:
        for step in range(50):
            run.log(step, {HOSTILE: 0.5, "total_loss": float("nan") if step == 30 else 1.0})

    main([*command.split(), str(run.folder)])

    shown = capsys.readouterr().out
    assert shown
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown)


def test_colours_and_tables_are_as_they_were() -> None:
    file = io.StringIO()
    table = Table("name", "loss", box=None)
    table.add_row(Text(HOSTILE), Text("0.5", style="red"))

    screen(file=file, force_terminal=True, color_system="standard", width=60).print(table)

    assert "a\u241b]0;mine\ufffd31m\ufffdz  \x1b[31m0.5" in file.getvalue()


def test_what_is_shown_again_and_again_is_harmless_too() -> None:
    file = io.StringIO()
    with Live(console=screen(file=file, force_terminal=True), auto_refresh=False) as live:
        live.update(Harmless(Text(HOSTILE)), refresh=True)

    assert "a\u241b]0;mine" in file.getvalue()
    assert "\x1b]0;" not in file.getvalue()
