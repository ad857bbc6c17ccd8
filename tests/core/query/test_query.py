"""What a query finds, what it says where it cannot be read, and that it writes itself as it was read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musiclog.query import Facts, Query, QueryError, parse

RUN = Facts(
    name="Bach-GRU 07",
    path="/runs/chorales/bach-gru_7",
    state="live",
    format="musiclog",
    tags=("baseline", "seed 3"),
    note="sounds flat in bar 8",
    starred=True,
    config={
        "training.learning_rate": 3e-4,
        "training.batch_size": 32,
        "model.size": 256,
        "data.size": 900,
        "seed": 3,
        "training.amp": True,
        "optimizer": "AdamW",
        "model.dropout": None,
        "schedule.warmup": "1e3",
    },
    metrics={"total_loss": 1.25, "val/total_loss": float("nan"), "gradient_norm": 0.5},
    steps=1204.0,
    epochs=3.0,
    age_s=90.0,
    runtime_s=7300.0,
    started_s=90_000.0,
    samples=2,
    midi=2,
    alerts=1,
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", True), ("bach", True), ("BACH gru", True), ("chorales", True), ("baseline", True), ("flat", True),
        ("mozart", False), ('"gru 07"', True), ("'gru 07'", True), ("07'", False), ("-", True),
        ("state:live", True), ("state:fin", False), ("state:", True), ("state=live", True), ("state!=live", False),
        ("tag:base", True), ("tag:line", False), ("tag=baseline", True), ("tag!=baseline", False),
        ("format:music", True), ("folder:chorales", True), ("note:flat", True),
        ("has:samples", True), ("has:midi", True), ("has:checkpoints", False), ("has:alerts", True), ("has:", True),
        ("has:notes", True), ("has:optimizer", True), ("has:gradient_norm", True), ("has:nonsense", False),
        ("is:starred", True), ("is:star", True), ("is:archived", False), ("-is:archived", True),
    ],
)  # fmt: skip
def test_a_run_answers_words_and_fields(text: str, answer: bool) -> None:
    assert parse(text).matches(RUN) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("lr<1e-3", True), ("lr < 1e-3", True), ("lr>1e-3", False), ("learning_rate=0.0003", True),
        ("learning-rate=3e-4", True), ("training.learning_rate<=3e-4", True), ("TRAINING.LR<1", True),
        ("training.batch_size>=32", True), ("batch_size>32", False), ("bs=32", True), ("warmup>=1k", True),
        ("total_loss<2", True), ("loss<1", False), ("val/total_loss<2", False), ("val/total_loss=nan", True),
        ("gradient_norm<1", True), ("config.total_loss<2", False), ("metric.total_loss<2", True),
        ("steps>1000", True), ("steps>1.2k", True), ("steps>10k", False), ("epochs=3", True), ("samples>=2", True),
        ("age<2h", True), ("age<1min", False), ("age<1m31s", True), ("runtime>2h", True), ("started<2d", True),
        ("amp=true", True), ("amp=yes", False), ("dropout=null", True), ("optimizer=adamw", True),
        ("optimizer:adam", True), ("optimizer~/^a.*w$/", True), ("optimizer!=sgd", True), ("seed:3", True),
        ("size<1000", False), ("model.size<1000", True), ("missing<3", False), ("-missing<3", True),
        ("optimizer<3", False), ("seed!=3", False), ("seed==3", True),
        ("name~/gru \\d+$/", True), ("name~gru", True), ("name!~gru", False), ("folder~/\\/chorales\\//", True),
    ],
)  # fmt: skip
def test_a_run_answers_comparisons(text: str, answer: bool) -> None:
    assert parse(text).matches(RUN) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("bach mozart", False), ("bach and gru", True), ("bach or mozart", True), ("mozart or verdi", False),
        ("mozart or bach gru", True), ("(mozart or bach) verdi", False), ("not mozart", True), ("not not bach", True),
        ("-(mozart or verdi)", True), ("-mozart", True), ("-state:live", False), ('-"mozart"', True), ('"or"', True),
        ("--bach", True), ("NOT bach OR gru", True),
    ],
)  # fmt: skip
def test_parts_are_joined(text: str, answer: bool) -> None:
    assert parse(text).matches(RUN) is answer


def test_group_is_handed_out_separately_and_asks_nothing() -> None:
    query = parse("group:seed bach group:model.size group:seed")
    assert query.group_keys == ("seed", "model.size")
    assert query.matches(RUN)
    assert parse("group:-seed").group_keys == ("-seed",)
    assert parse("mozart or bach group:seed").matches(RUN)
    assert parse("group:").group_keys == ()


def test_a_query_tells_whether_it_speaks_of_archived_runs() -> None:
    assert parse("bach -is:archived").asks_for_archived
    assert not parse("bach is:starred").asks_for_archived


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ("bach lr<", 5, "1e-3"), ("lr<fast", 3, "number"), ('bach "gru', 5, "write \" at its end"),
        ("(bach", 0, "write )"),
        ("bach)", 4, "delete it"), ("state:lively", 6, "state:live"), ("is:good", 3, "is:starred"),
        ("age<5", 4, "age<2h"), ("steps>many", 6, "steps>1000"), ("name<3", 0, "name:3"), ("name~/(/", 5, "expression"),
        ("name~/x", 5, "write /"), ("bach or", 5, "after"), ("or bach", 0, "before"), ("<3", 0, "name before"),
        ("(group:seed)", 1, "outside"), ("-group:seed", 0, "group:-seed"), ("()", 0, "delete"), ("has<3", 0, "has:3"),
        ("steps~3", 6, "steps>1000"), ("not", 0, "after"), ("and x", 0, "beside"),
        ("(" * 80 + "x" + ")" * 80, 60, "flatter"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_its_remedy(text: str, position: int, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.position == position
    assert hint in caught.value.message
    assert 0 < caught.value.length <= max(1, len(text) - position)


def test_keys_that_no_run_has_are_remarked_on() -> None:
    assert parse("learning_rte<3").remarks([RUN]) == [
        "no run has a configuration key or metric learning_rte; did you mean learning_rate?"
    ]
    assert parse("size<3 lr<1").remarks([RUN]) == ["size can be model.size, data.size; write which"]
    assert parse("lr<1 bach").remarks([RUN]) == []
    assert parse("anything<1").remarks([]) == []


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
SYNTAX = st.lists(
    st.sampled_from(
        ["bach", "lr", "state:", "live", "<", ">=", "=", "~", "/", "(", ")", '"', "'", "-", "or", "and", "not", " ",
         "1e-3", "group:", "has:", "seed", "\\", "age", "2h", "is:", ":", "!", "steps", ".", "name"]
    ),
    max_size=24,
).map("".join)  # fmt: skip


@given(TEXTS | SYNTAX)
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        trouble = error
    else:
        assert query.matches(RUN) in (True, False)
        query.remarks([RUN])
        return
    assert 0 <= trouble.position <= len(text)
    assert trouble.message


@given(SYNTAX | TEXTS)
def test_a_query_writes_itself_so_that_it_reads_the_same(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return
    again = parse(str(query))
    assert again == query
    assert str(again) == str(query)


ATOMS = st.sampled_from(
    ["bach", "mozart", "state:live", "state:crashed", "lr<1e-3", "total_loss>2", "missing=1", "is:starred", "tag:old",
     "has:midi", "name~/gru/", '"or"']
)  # fmt: skip
QUERIES = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" ", " or "]), inner).map(lambda each: f"({each[0]}{each[1]}{each[2]})")
        | inner.map(lambda each: f"-{each}")
    ),
    max_leaves=8,
)
RUNS = st.builds(
    replace,
    st.just(RUN),
    state=st.sampled_from(["live", "crashed"]),
    starred=st.booleans(),
    name=st.sampled_from(["bach", "mozart gru", ""]),
    path=st.just(""),
    metrics=st.sampled_from([{}, {"total_loss": 3.0}]),
)


@given(QUERIES, QUERIES, RUNS)
def test_de_morgan_holds(one: str, other: str, run: Facts) -> None:
    def ask(text: str) -> bool:
        return parse(text).matches(run)

    assert ask(f"-({one} {other})") == ask(f"-{one} or -{other}")
    assert ask(f"-({one} or {other})") == ask(f"-{one} -{other}")
    assert ask(f"{one} {other}") == (ask(one) and ask(other))
    assert ask(f"--{one}") == ask(one)


@given(QUERIES)
def test_built_queries_are_written_as_they_read(text: str) -> None:
    query = parse(text)
    assert parse(str(query)) == query
    assert isinstance(query, Query)
