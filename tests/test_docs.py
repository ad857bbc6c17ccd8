"""The guide builds as a site without a warning, tells of everything, and every link in it leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from musiclog.anomaly.alert import KINDS
from musiclog.cli import COMMANDS, parser

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)#\s]+)")
LINK = re.compile(r"\]\(([^)\s]+)")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"examples/[\w/.]+\.py")
SNIPPET = '--8<-- "'
LOADS = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """The anchors of a page of the site, where it leads to and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value for name, value in attrs if value is not None}
        self.anchors |= {known[name] for name in ("id", "name") if name in known}
        if tag == "a" and "href" in known:
            self.leads.append(known["href"])
        if tag in LOADS and known.get("rel") != "canonical" and LOADS[tag] in known:
            self.loads.append(known[LOADS[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide, built with every warning an error."""
    pytest.importorskip("mkdocs", reason="needs the extra docs")
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # a word about a successor in 2027
    done = subprocess.run(command, cwd=PROJECT, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}


def test_every_page_of_the_guide_is_a_page_of_the_site(site: Path, pages: dict[Path, Page]) -> None:
    wanted = {site / "index.html"}
    wanted |= {site / page.relative_to(DOCS).with_suffix("") / "index.html" for page in PAGES if page.stem != "index"}
    assert set(pages) == wanted
    assert "musiclog.Run" in pages[site / "api" / "index.html"].anchors


def test_every_link_of_the_site_leads_to_a_page_and_its_anchor(pages: dict[Path, Page]) -> None:
    missing = defaultdict(list)
    for path, page in pages.items():
        for link in page.leads:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            there = target.exists() and (target not in pages or unquote(parts.fragment) in pages[target].anchors)
            if not there:
                missing[path].append(link)
    assert not missing


def test_the_site_loads_nothing_from_other_hosts(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for load in page.loads:
            parts = urlsplit(load)
            assert not parts.netloc, f"{path} loads {load}"
            assert parts.scheme == "data" or (path.parent / unquote(parts.path)).resolve().exists(), f"{path}: {load}"


def test_programs_are_put_into_their_pages(site: Path, pages: dict[Path, Page]) -> None:
    shown = [page for page in PAGES if SNIPPET in page.read_text(encoding="utf-8")]
    assert len(shown) >= 6
    for page in shown:
        text = (site / page.relative_to(DOCS).with_suffix("") / "index.html").read_text(encoding="utf-8")
        assert "--8&lt;--" not in text


def test_every_picture_exists_and_is_used() -> None:
    named = {
        (page.parent / unquote(picture)).resolve()
        for page in [*PAGES, PROJECT / "README.md"]
        for picture in PICTURE.findall(page.read_text(encoding="utf-8"))
    }
    assert named == set((DOCS / "pictures").iterdir())


def test_the_reference_lists_what_a_run_takes(site: Path) -> None:
    text = (site / "api" / "index.html").read_text(encoding="utf-8")
    for name in ("folder", "config", "rank", "reference", "sinks"):
        assert f"<strong>{name}</strong>: " in text


def test_pictures_that_change_with_the_colours_come_in_pairs() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        light = re.findall(r"\(([^)]+)-light\.png#only-light\)", text)
        assert light == re.findall(r"\(([^)]+)-dark\.png#only-dark\)", text)
        assert len(PICTURE.findall(text)) == 2 * len(light)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_programs_in_a_page_compile(page: Path) -> None:
    for program in PYTHON.findall(page.read_text(encoding="utf-8")):
        if not program.startswith(SNIPPET):
            compile(program, str(page), "exec")


def test_every_example_is_shown_exists_and_is_run_by_a_test() -> None:
    texts = [page.read_text(encoding="utf-8") for page in [*PAGES, PROJECT / "README.md"]]
    named = {name for text in texts for name in EXAMPLE.findall(text)}
    programs = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "examples").glob("*.py")}
    assert programs <= named
    assert not [name for name in named if not (PROJECT / name).is_file()]

    runners = ("tests/test_examples.py", "tests/core/integrations/test_examples.py")
    run = "".join((PROJECT / runner).read_text(encoding="utf-8") for runner in runners)
    assert not [name for name in programs if f'"{Path(name).stem}"' not in run and f'"{Path(name).name}"' not in run]


def test_every_kind_of_alert_and_every_command_is_told() -> None:
    alerts = (DOCS / "alerts.md").read_text(encoding="utf-8")
    terminal = (DOCS / "terminal.md").read_text(encoding="utf-8")
    assert not [kind for kind in KINDS if f"`{kind}`" not in alerts]
    assert not [command for command in COMMANDS if f"## musiclog {command}\n" not in terminal]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser([command]).parse_args([command, "--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
    told = (DOCS / ("first-run.md" if command == "demo" else "terminal.md")).read_text(encoding="utf-8")
    assert not [option for option in options if f"`{option}" not in told and f" {option}" not in told]


def headings(page: Path) -> set[str]:
    """The anchors that a forge gives to a page: its headings in small letters, words joined by hyphens."""
    found = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {"-".join(re.sub(r"[^\w\s-]", "", heading.lower()).split(" ")) for heading in found}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"])
def test_links_to_files_lead_somewhere(name: str) -> None:
    missing = []
    for link in LINK.findall((PROJECT / name).read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = PROJECT / path if path else PROJECT / name
        if "://" not in link and not (target.exists() and (not anchor or anchor in headings(target))):
            missing.append(link)

    assert not missing
