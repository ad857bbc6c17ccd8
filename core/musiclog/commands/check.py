"""Check a run for anomalies; for CI and cron: the exit status is 1 when there is a grave one, 2 without a run."""

from __future__ import annotations

import argparse
import sys

import orjson
from rich.console import Group, RenderableType
from rich.text import Text

from .. import notify
from ..anomaly.alert import SEVERITIES
from ..checking import Check, check
from ..episodes import AlertEpisode, Incident
from ..errors import ReadError
from ..judgement import SENSITIVITIES
from ..screen import screen
from ..terminal import SEVERITY_COLOURS
from .places import runs_at

FINE, TROUBLE, NO_RUN = 0, 1, 2
NEVER = "never"
SUGGESTIONS_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", type=runs_at, metavar="RUN", help="run folder or file of any known format")
    parser.add_argument("--fail-on", choices=[*SEVERITIES, NEVER], default="critical",
                        help="exit with 1 when an alert is this grave or graver (default: critical)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print what was found as one JSON object")
    parser.add_argument("--sensitivity", choices=SENSITIVITIES,
                        help="look again with this sensitivity, also where the run watched itself")  # fmt: skip
    parser.add_argument("--notify", action="append", default=[], metavar="URL",
                        help="tell this apprise URL when the status is 1; may be given several times")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    complaints = screen(stderr=True)
    try:
        found = check(options.run_folder, sensitivity=options.sensitivity)
    except ReadError as error:
        complaints.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return NO_RUN
    if options.json:
        sys.stdout.write(orjson.dumps(found.as_dict()).decode() + "\n")
    else:
        screen().print(_told(found), soft_wrap=True)
    grave = [] if options.fail_on == NEVER else found.at_least(options.fail_on)
    if grave and options.notify:
        for trouble in notify.send(options.notify, *_message(found, grave)):
            complaints.print(trouble, style="red", markup=False, highlight=False, soft_wrap=True)
    return TROUBLE if grave else FINE


def _told(found: Check) -> RenderableType:
    by = "watched itself" if found.checked_by == "itself" else f"checked with {found.checked_by} sensitivity"
    at = "" if found.last_step is None else f", step {found.last_step:g}"
    head = Text(f"{found.name}: {found.state}{at}, {found.metrics} metrics, {by}", style="bold")
    parts: list[RenderableType] = [head]
    if found.problems:
        parts.append(Text(f"{found.problems} lines could not be read", style="yellow"))
    if not found.incidents:
        parts.append(Text("No anomalies."))
    parts += [_incident(each) for each in found.incidents]
    return Group(*parts)


def _incident(incident: Incident) -> RenderableType:
    leader = incident.leader
    advice = [Text(f"  {number}. {suggestion.get('text', '')}")
              for number, suggestion in enumerate(leader.suggestions[:SUGGESTIONS_SHOWN], 1)]  # fmt: skip
    others = [Text.assemble("  ", _line(each)) for each in incident.episodes[1:]]
    return Group(Text(), _line(leader), *advice, *others)


def _line(episode: AlertEpisode) -> Text:
    first, last = (f"{step:g}" if step is not None else "?" for step in (episode.opened_step, episode.last_step))
    where = f"step {first}" if first == last else f"steps {first} to {last}"
    state = "not over" if episode.unresolved else episode.state
    return Text.assemble(
        (f"{episode.severity} ", SEVERITY_COLOURS.get(episode.severity, "")), episode.kind, " ",
        (f"({where}, {state})", "dim"), "  ", episode.title,
    )  # fmt: skip


def _message(found: Check, grave: list[Incident]) -> tuple[str, str]:
    count = f"{len(grave)} {grave[0].severity} alert" if len(grave) == 1 else f"{len(grave)} grave alerts"
    lines = [f"{each.severity}: {each.leader.title}" for each in grave]
    return f"{found.name}: {count}", "\n".join([*lines, found.path])
