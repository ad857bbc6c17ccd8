"""A report opened in a real browser: it renders, its samples load, nothing leaves the file, names stay text."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from musiclog import Run, cli
from musiclog.notes import make_notes, midi_bytes

from .chromium import PROGRAM, chromium

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: apt-get install chromium")
HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'<script> & \"quoted\""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A comparison of 2 x 3 runs, one of which is called something that a careless page would run."""
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    tune = midi_bytes(make_notes([(place / 2, 0.5, 60 + place) for place in range(8)]))
    for rate, final in ((0.001, 1.0), (0.01, 2.0)):
        for seed in range(3):
            name = HOSTILE if (rate, seed) == (0.001, 0) else f"rate {rate}, seed {seed}"
            with Run(folder / f"{rate}-{seed}", name=name, config={"lr": rate, "seed": seed, HOSTILE: 1}) as run:
                for step in range(20):
                    run.log(step, total_loss=final + 2 / (1 + step) + 0.05 * rng.normal())
                run.log_sample(tune, step=19, prompt=HOSTILE, card={"overall": 0.5})
                run.log_data_usage("a.mid", transposition=2)
    out = folder.parent / "out.html"
    assert cli.main(["report", "--compare", str(folder), "-o", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser, report):
    browser.requests.clear()
    browser.open(report)
    return browser


def test_it_renders_and_nothing_is_asked_of_the_network(page, report) -> None:
    assert page.value("document.querySelectorAll('svg .curve').length") > 4
    sizes = page.value("[...document.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().height)")
    assert min(sizes) > 40
    assert page.value("document.documentElement.scrollWidth <= innerWidth")
    others = [url for url in page.requests if url != report.as_uri() and not url.startswith("data:")]
    assert others == []
    assert page.complaints() == []


def test_names_are_text_and_run_nothing(page) -> None:
    assert page.value("document.title") == "Comparison of 6 runs"
    assert page.value("document.querySelectorAll('img, script, iframe, object').length") == 0
    assert HOSTILE in page.value("document.body.textContent")


def test_samples_load_and_their_midi_can_be_saved(page) -> None:
    loaded = """Promise.all([...document.querySelectorAll('audio')].map(each => new Promise(done => {
        const tell = () => done([each.readyState, each.duration, each.error && each.error.message]);
        if (each.readyState > 0 || each.error) tell();
        else { each.onloadedmetadata = tell; each.onerror = tell }
    })))"""
    heard = page.value(loaded)
    if not heard:
        pytest.skip("this machine has no synthesiser")
    assert len(heard) == 6
    for ready, seconds, error in heard:
        assert error is None
        assert ready >= 1
        assert 3 < seconds < 31
    links = page.value("[...document.querySelectorAll('a[download]')].map(each => each.href)")
    assert base64.b64decode(links[0].partition(",")[2]).startswith(b"MThd")


def test_by_night_it_is_dark_and_on_paper_it_is_light(page) -> None:
    back = "getComputedStyle(document.body).backgroundColor"
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.value(back) == "rgb(22, 25, 29)"
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.call("Emulation.setEmulatedMedia", media="print", features=dark)
    assert page.value(back) == "rgb(255, 255, 255)"
    page.call("Emulation.setEmulatedMedia", media="", features=[])


def test_it_prints_on_a_few_pages(page) -> None:
    printed = base64.b64decode(page.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
    assert printed.startswith(b"%PDF")
    assert 2 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 12
