"""A report is one file that needs nothing else, plays its samples and runs nothing that a name may hold."""

from __future__ import annotations

import base64
import csv
import importlib
import io
import pickle
import re
import wave
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import orjson
import pytest
import soundfile

from musiclog import Run, cli
from musiclog.errors import ReadError
from musiclog.export import (
    Document,
    Figure,
    Figures,
    Line,
    Lines,
    Pairs,
    Section,
    Sentence,
    Sentences,
    Sound,
    Sounds,
    Standing,
    Table,
    as_csv,
    chart,
    critical,
    markdown,
    page,
    sound,
    standings,
)
from musiclog.export.names import free_name
from musiclog.notes import make_notes, midi_bytes
from musiclog.reporting import Wanted, write_report

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(1)> & 'quoted'"""


class Elements(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def named(self, tag):
        return [attributes for each, attributes in self.found if each == tag]


def hostile_document() -> Document:
    line = Line(HOSTILE, np.arange(3.0), np.arange(3.0))
    drawn = chart([line, line], HOSTILE, HOSTILE)
    ranked = critical([HOSTILE, HOSTILE], [1.2, 1.8], [(0, 1)], HOSTILE)
    beside = standings([Standing(HOSTILE, [1.0, 2.0], 1.5, 1.0, 2.0, True), Standing(HOSTILE, ())], HOSTILE)
    parts = [Sentences([Sentence(HOSTILE, True)]), Table([HOSTILE], [[HOSTILE]], HOSTILE), Pairs([(HOSTILE, HOSTILE)]),
             Figure(drawn or "", HOSTILE, HOSTILE), Figures([Figure(ranked), Figure(beside or "")]), Lines([HOSTILE]),
             Sounds([Sound(HOSTILE, HOSTILE, b"MThd", b"RIFF", HOSTILE)])]  # fmt: skip
    return Document(HOSTILE, HOSTILE, [Section(HOSTILE, parts)], HOSTILE)


def hostile_page() -> str:
    return page(hostile_document())


def test_names_are_shown_as_text_wherever_they_stand() -> None:
    elements = Elements(hostile_page())
    assert not elements.named("script")
    assert not elements.named("img")
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    assert elements.text.count("alert(1)") >= 30


@pytest.mark.parametrize("values", [(-1e308, 1e308), (1.7e308, 1.7e308), (1e17, 1e17), (0.0, 5e-324), (-1e17, -1e17)])
def test_a_chart_has_axes_for_all_numbers(values: tuple[float, float]) -> None:
    drawn = chart([Line("loss", np.array([0.0, 1.0]), np.array(values))], "step", "loss")
    assert drawn is not None
    assert drawn.count('class="grid"') >= 3
    assert "nan" not in drawn


def test_nothing_is_fetched_and_nothing_may_run() -> None:
    html = hostile_page()
    elements = Elements(html)
    places = [a[name] for _, a in elements.found for name in ("src", "href") if name in a]
    assert places
    assert all(place is not None and place.startswith("data:") for place in places)
    assert "default-src 'none'" in html
    assert "http" not in re.sub(r'http-equiv="Content', "", html)


def test_a_curve_is_broken_where_it_is_not_finite_and_its_band_is_drawn() -> None:
    x, y = np.arange(5.0), np.array([1.0, 2.0, np.nan, 2.0, 1.0])
    svg = chart([Line("a", x, y, y - 1, y + 1)], "step", "loss")
    assert svg is not None
    (path,) = re.findall(r'class="curve ink0" d="(M[^h]*)"', svg)
    assert (path.count("M"), path.count("L")) == (2, 2)
    assert svg.count("<polygon") == 1
    assert chart([Line("a", x, np.full(5, np.nan))], "step", "loss") is None


@pytest.mark.parametrize("values", [[5.0, 5.0], [1e-12, 2e-12], [-1e9, 1e9], [1.0, 1.0 + 1e-9]])
def test_axes_have_ticks_at_every_scale(values: list[float]) -> None:
    svg = chart([Line("a", np.array([0.0, 1.0]), np.array(values))], "step", "loss")
    assert svg is not None
    assert 2 <= svg.count('class="grid"') <= 12


def test_a_sample_is_heard_and_its_midi_is_whole(tmp_path) -> None:
    data = midi_bytes(make_notes([(i / 2, 0.5, 60 + i) for i in range(8)]))
    (tmp_path / "a.mid").write_bytes(data)
    found = sound(tmp_path / "a.mid", "a")
    assert found.midi == data
    if found.audio is None:
        pytest.skip("this machine has no synthesiser")
    assert (found.kind, found.mime) == ("mp3", "audio/mpeg")
    heard, hz = soundfile.read(io.BytesIO(found.audio))
    assert (heard.ndim, hz) == (1, 22_050)
    assert heard.std() > 0.003


def test_without_an_encoder_a_sample_is_heard_as_wav(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(importlib.import_module("musiclog.export.sound"), "find_spec", lambda _: None)
    (tmp_path / "a.mid").write_bytes(midi_bytes(make_notes([(0, 1, 60)])))
    found = sound(tmp_path / "a.mid", "a")
    if found.audio is None:
        pytest.skip("this machine has no synthesiser")
    with wave.open(io.BytesIO(found.audio)) as read:
        assert (read.getnchannels(), read.getframerate(), read.getsampwidth()) == (1, 22_050, 2)
        assert np.frombuffer(read.readframes(read.getnframes()), "<i2").std() > 100


def test_a_sample_that_cannot_be_played_says_why(tmp_path) -> None:
    (tmp_path / "torn.mid").write_bytes(b"MThd")
    torn, gone = sound(tmp_path / "torn.mid", "torn"), sound(tmp_path / "gone.mid", "gone")
    assert (torn.midi, torn.audio) == (b"MThd", None)
    assert torn.trouble
    assert "cannot be read" in (gone.trouble or "")


@pytest.fixture
def runs(tmp_path):
    rng = np.random.default_rng(0)
    for rate, final in ((0.001, 1.0), (0.01, 2.0)):
        for seed in range(3):
            name = f"r{rate}s{seed}<b>"
            with Run(tmp_path / name, config={"lr": rate, "seed": seed}) as run:
                run.log(0, total_loss=3.0)
                run.log(1, total_loss=final + 0.1 * rng.normal())
                run.log_sample(midi_bytes(make_notes([(0, 1, 60)])), step=1, prompt="p", card={"overall": 0.5})
    return tmp_path


def test_the_report_of_a_comparison_holds_sentences_tables_curves_and_sounds(runs, tmp_path, capsys) -> None:
    out = tmp_path / "out.html"
    assert cli.main(["report", "--compare", str(runs), "-o", str(out)]) == 0
    assert "6 runs" in capsys.readouterr().err
    elements = Elements(out.read_text("utf-8"))
    assert "lr 0.001 is better than lr 0.01 in final total_loss" in elements.text
    assert "r0.001s0<b>" in elements.text
    assert not elements.named("b")
    assert [a["aria-label"] for a in elements.named("svg")][:2] == [
        "total_loss over step of lr 0.001, lr 0.01",
        "final total_loss at the end of each run",
    ]
    midi = [a["href"] for a in elements.named("a")]
    assert len(midi) == 6
    assert base64.b64decode((midi[0] or "").partition(",")[2]).startswith(b"MThd")


def test_the_report_of_one_run_has_its_curves_and_configuration(runs, tmp_path) -> None:
    out = tmp_path / "one.html"
    assert cli.main(["report", str(runs / "r0.01s1<b>"), "-o", str(out)]) == 0
    elements = Elements(out.read_text("utf-8"))
    assert len(elements.named("svg")) == 1
    assert "Configuration" in elements.text
    assert "Made by musiclog" in elements.text


def test_without_a_run_or_a_place_to_write_it_says_so(runs, tmp_path, capsys) -> None:
    assert cli.main(["report", "-o", str(tmp_path / "x.html")]) == 2
    assert "no run was given" in capsys.readouterr().err
    assert cli.main(["report", str(runs / "r0.01s1<b>"), "-o", str(tmp_path / "no" / "x.html")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert cli.main(["report", str(runs / "r0.01s1<b>"), "-o", str(tmp_path / "x.pdf")]) == 2
    assert "a report is .html, .md" in capsys.readouterr().err


def test_markdown_says_names_as_they_are_and_asks_for_nothing_from_elsewhere() -> None:
    text, files = markdown(hostile_document(), "out_files")
    assert "<" not in text
    assert not re.search(r"(?<!\\)[`\]]\((?!out_files/)", text)
    assert {name.rpartition(".")[2] for name in files} == {"svg", "wav", "mid"}
    assert all(re.fullmatch(r"[\w.-]+", name) for name in files)
    for name in files:
        assert f"](out_files/{name})" in text
    svg = next(data for name, data in files.items() if name.endswith(".svg")).decode("utf-8")
    assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"


def test_a_report_as_markdown_has_its_pictures_and_sounds_beside_it(runs, tmp_path) -> None:
    out = tmp_path / "out.md"
    assert cli.main(["report", "--compare", str(runs), "-o", str(out)]) == 0
    text = out.read_text("utf-8")
    assert "## What can be said" in text
    named = re.findall(r"\]\((out_files/[^)]*)\)", text)
    assert named
    assert all((tmp_path / name).stat().st_size for name in named)
    assert len([name for name in named if name.endswith(".mid")]) == 6


def test_tables_hold_every_figure_with_where_it_was_taken(runs, tmp_path) -> None:
    out = tmp_path / "tables"
    assert cli.main(["report", "--compare", str(runs), "--at-equal", "step", "-o", str(out)]) == 0
    with (out / "runs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["run"] == "r0.001s0<b>"
    assert 0.5 < float(rows[0]["final total_loss at step 1"]) < 1.5
    with (out / "pairs.csv").open(encoding="utf-8", newline="") as file:
        pairs = {row["figure"]: row for row in csv.DictReader(file)}
    assert float(pairs["final total_loss at step 1"]["p"]) < 0.05
    assert "musiclog" in (out / "made_by.txt").read_text("utf-8")


def test_the_tables_of_one_run_hold_every_point(runs, tmp_path) -> None:
    assert cli.main(["report", str(runs / "r0.01s1<b>"), "--csv", "-o", str(tmp_path / "a.b")]) == 0
    with (tmp_path / "a.b" / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["metric"], row["step"]) for row in rows] == [("total_loss", "0.0"), ("total_loss", "1.0")]
    assert float(rows[0]["value"]) == 3.0


def test_tables_are_laid_over_an_earlier_report_and_over_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = tmp_path / "version_0", tmp_path / "out"
    run.mkdir()
    (run / "metrics.csv").write_text("step,train_loss\n0,1.0\n1,0.5\n")

    for _ in range(2):
        assert cli.main(["report", str(run / "metrics.csv"), "-o", str(out)]) == 0
    assert cli.main(["report", str(run / "metrics.csv"), "-o", str(run)]) == 2
    assert "version_0 holds other files" in capsys.readouterr().err
    assert (run / "metrics.csv").read_text() == "step,train_loss\n0,1.0\n1,0.5\n"


def test_cells_keep_all_digits_and_no_name_becomes_a_formula() -> None:
    header, row = as_csv(["=cmd()", "b"], [["@x", -0.1]]).decode().splitlines()
    assert (header, row) == ("'=cmd(),b", "'@x,-0.1")
    assert as_csv(["a"], [[None], [1 / 3], ["two\nlines"]]).decode() == 'a\n""\n0.3333333333333333\n"two\nlines"\n'


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "con.svg", "", "...", "x" * 300, "ä\udcff\n", "C:\\x"])
def test_file_names_stay_in_their_folder_on_every_system(name: str) -> None:
    first = free_name(name, ".svg", ())
    assert re.fullmatch(r"\w[\w.-]{0,80}\.svg", first)
    assert first.partition(".")[0] not in ("con", "prn", "aux", "nul")
    assert free_name(name.upper(), ".svg", {first}) != first


def test_a_report_is_written_in_a_worker_and_tells_how_far_it_is(runs, tmp_path) -> None:
    paths = [str(path) for path in sorted(runs.iterdir()) if path.is_dir()]
    order = pickle.loads(pickle.dumps((write_report, (paths, str(tmp_path / "w.html"), Wanted(figure="best")))))
    told = list(order[0](*order[1]))
    assert told[0] == "Reading run 1 of 6"
    assert "Comparing 6 runs" in told
    assert told[-1] == "Writing"
    assert "best total_loss" in (tmp_path / "w.html").read_text("utf-8")


def test_a_report_that_cannot_be_written_or_read_says_so(runs, tmp_path) -> None:
    with pytest.raises(ReadError, match="is no folder"):
        list(write_report([str(runs / "r0.01s1<b>")], str(tmp_path / "no" / "x.html")))
    with pytest.raises(ReadError, match="does not exist"):
        list(write_report([str(runs / "gone")], str(tmp_path / "x.html")))
    (tmp_path / "taken.html").mkdir()
    with pytest.raises(ReadError, match="cannot be written"):
        list(write_report([str(runs / "r0.01s1<b>")], str(tmp_path / "taken.html")))


def test_times_and_values_at_the_end_of_all_numbers_and_names_without_letters_are_reported(tmp_path) -> None:
    for number, (first, last) in enumerate([(-1e308, 1e308), (1e308, -1e308)]):
        folder = tmp_path / "runs" / f"r{number}"
        folder.mkdir(parents=True)
        points = [(first, 1.0), (last, 1e308), (0.0, -1e308)]
        lines = [{"step": step, "t": t, "loss": loss} for step, (t, loss) in enumerate(points)]
        (folder / "metrics.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        told = {"schema": 1, "id": str(number), "name": str(number), "state": "finished"}
        (folder / "run.json").write_bytes(orjson.dumps({**told, "started": first, "ended": last}))
        (folder / "config.json").write_bytes(orjson.dumps({"lr": [1e308, -1e308][number]}))
    for output in ("a.html", "a.md", "tables"):
        assert cli.main(["report", str(tmp_path / "runs"), "--at-equal", "time", "-o", str(tmp_path / output)]) == 0
    assert cli.main(["compare", str(tmp_path / "runs")]) == 0


def test_a_run_that_did_not_watch_itself_is_watched_for_its_report(tmp_path) -> None:
    rows = [f"{step},{2 - step / 100 if step < 60 else float('nan')}" for step in range(100)]
    (tmp_path / "metrics.csv").write_text("\n".join(["step,train_loss", *rows]) + "\n", "utf-8")
    assert cli.main(["report", str(tmp_path / "metrics.csv"), "-o", str(tmp_path / "out.md")]) == 0
    alerts = (tmp_path / "out.md").read_text("utf-8").partition("## Alerts")[2].partition("##")[0]
    assert "| fatal | 60 |" in alerts
