"""A report is one file that needs nothing else, plays its samples and runs nothing that a name may hold."""

from __future__ import annotations

import base64
import io
import re
import wave
from html.parser import HTMLParser

import numpy as np
import pytest

from musiclog import Run, cli
from musiclog.export import Figure, Line, Section, Sentence, Sentences, Sound, Sounds, Table, chart, page, sound
from musiclog.notes import make_notes, midi_bytes

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


def hostile_page() -> str:
    drawn = chart([Line(HOSTILE, np.arange(3.0), np.arange(3.0))], HOSTILE, HOSTILE)
    parts = [Sentences([Sentence(HOSTILE, True)]), Table([HOSTILE], [[HOSTILE]], HOSTILE), Figure(drawn or "", HOSTILE),
             Sounds([Sound(HOSTILE, HOSTILE, b"MThd", b"RIFF", HOSTILE)])]  # fmt: skip
    return page(HOSTILE, HOSTILE, [Section(HOSTILE, parts)], HOSTILE)


def test_names_are_shown_as_text_wherever_they_stand() -> None:
    elements = Elements(hostile_page())
    assert not elements.named("script")
    assert not elements.named("img")
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    assert elements.text.count("alert(1)") >= 20


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
    (path,) = re.findall(r'class="curve" stroke="#0072b2" d="(M[^h]*)"', svg)
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
    if found.wav is None:
        pytest.skip("this machine has no synthesiser")
    with wave.open(io.BytesIO(found.wav)) as read:
        assert (read.getnchannels(), read.getframerate(), read.getsampwidth()) == (1, 22_050, 2)
        assert np.frombuffer(read.readframes(read.getnframes()), "<i2").std() > 100


def test_a_sample_that_cannot_be_played_says_why(tmp_path) -> None:
    (tmp_path / "torn.mid").write_bytes(b"MThd")
    torn, gone = sound(tmp_path / "torn.mid", "torn"), sound(tmp_path / "gone.mid", "gone")
    assert (torn.midi, torn.wav) == (b"MThd", None)
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
    assert len(elements.named("svg")) == 1
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
