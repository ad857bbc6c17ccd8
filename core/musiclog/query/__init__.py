"""The small language in which runs are asked for: `state:live lr<1e-3 has:samples -tag:old group:seed`.

Parts that stand beside each other must all hold; `or`, `not`, a minus and parentheses do what they say; quotes keep
spaces together. Case never matters.

    bach                  in the name, the folder, a tag or a note
    state:live            live, finished, stalled, crashed or unknown, or how one of them begins
    has:samples           samples, midi, alerts, checkpoints, tags, notes, or any metric or configuration key
    is:starred            starred or archived
    tag:base              a tag that begins like this; format:, name:, folder: and note: likewise
    lr<1e-3               < <= > >= = != and ~ (a regular expression) on any configuration key, else on the newest
                          value of a metric. The last part of a dotted key is enough where only one key ends in it.
    steps>10k age<2h      steps, epochs, samples, midi, alerts, checkpoints; age (since the newest news), runtime and
                          started (since the start) in s, min, h, d or w
    name~/^run-\\d+$/      a regular expression, found anywhere unless anchored
    group:seed            puts runs with the same value together; group:-seed all that differ in nothing but the seed

A comparison with something that a run does not have is not true of it, so `-lr<1e-3` shows runs without lr as well.
"""

from .completion import Suggestion, complete
from .facts import Facts, facts_of
from .grammar import Query, parse
from .names import Match, resolve
from .trouble import QueryError

__all__ = ["Facts", "Match", "Query", "QueryError", "Suggestion", "complete", "facts_of", "parse", "resolve"]
