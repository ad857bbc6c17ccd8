"""compare(): runs in the order given, best values marked, nothing claimed where nothing was won."""

from __future__ import annotations

import math

import numpy as np

from musiclog.compare import compare
from musiclog.compare.writing import as_markdown, as_tsv
from musiclog.records import News, Points, RunInfo, RunRef
from musiclog.run_data import RunData


def run(name: str, config: dict[str, object] | None = None, **metrics: list[float]) -> RunData:
    data = RunData(RunRef(f"/runs/{name}", "test", name))
    points = {
        metric: Points(np.arange(len(values), dtype=float), *2 * (np.full(len(values), np.nan),), np.array(values))
        for metric, values in metrics.items()
    }
    data.absorb(News(points=points, config=config or {}, info=RunInfo(name, "test")))
    return data


def test_rows_keep_the_order_of_the_runs_and_metrics_begin_with_the_total_loss() -> None:
    found = compare([run("b", quality=[0.1], total_loss=[2.0]), run("a", learning_rate=[0.1], total_loss=[1.0])])
    assert [row.name for row in found.table.rows] == ["b", "a"]
    assert found.table.metrics == ("total_loss", "quality", "learning_rate")


def test_totals_and_quality_come_before_parts_and_what_has_no_direction() -> None:
    names = ["lr", "loss/recon", "val/recon_loss", "accuracy", "quality/overall", "val/total_loss", "total_loss"]
    assert compare([run("a", **{name: [1.0] for name in names})]).table.metrics == (
        "total_loss", "val/total_loss", "quality/overall", "val/recon_loss", "loss/recon", "accuracy", "lr",
    )  # fmt: skip


def test_the_winner_of_a_column_goes_by_what_is_better_there() -> None:
    table = compare([run("a", total_loss=[1.0, 3.0], quality=[0.2]), run("b", total_loss=[2.0], quality=[0.1])]).table
    assert table.winners("total_loss", "best") == {"/runs/a"}
    assert table.winners("total_loss", "final") == {"/runs/b"}
    assert table.winners("quality", "final") == {"/runs/a"}


def test_equal_values_win_together() -> None:
    table = compare([run("a", loss=[1.0]), run("b", loss=[1.0]), run("c", loss=[2.0])]).table
    assert table.winners("loss", "final") == {"/runs/a", "/runs/b"}


def test_nothing_is_won_by_a_single_run_or_against_values_that_are_not_finite() -> None:
    assert compare([run("a", loss=[1.0])]).table.winners("loss", "final") == frozenset()
    assert compare([run("a", loss=[1.0]), run("b", loss=[math.nan])]).table.winners("loss", "final") == frozenset()


def test_nothing_is_won_where_neither_way_is_better() -> None:
    table = compare([run("a", gradient_norm=[1.0]), run("b", gradient_norm=[2.0])]).table
    assert table.winners("gradient_norm", "final") == frozenset()


def test_a_metric_that_a_run_does_not_have_is_no_value() -> None:
    table = compare([run("a", loss=[1.0]), run("b", other=[1.0])]).table
    assert table.rows[1].value("loss", "final") is None


def test_configurations_are_set_against_each_other_in_the_order_of_the_rows() -> None:
    found = compare([run("a", {"lr": 0.1}), run("b", {"lr": 0.2})])
    assert [row.values for row in found.config_diff] == [(0.1, 0.2)]


def test_no_runs_are_no_error() -> None:
    found = compare([])
    assert (found.table.rows, found.table.metrics, found.config_diff) == ((), (), ())


def test_what_open_run_gives_is_taken_as_it_is() -> None:
    class Opened:
        data = run("a", loss=[1.0])

    assert compare([Opened()]).table.rows[0].name == "a"


def test_pasted_tables_keep_hostile_names_in_their_cell() -> None:
    assert as_tsv(["a\tb"], [["x\ny"]]) == "a b\nx y\n"
    assert as_markdown(["run"], [["<b>|</b>\n*x*"]]) == "| run |\n| --- |\n| &lt;b&gt;\\|&lt;/b&gt; \\*x\\* |\n"
