"""compare(): runs in the order given, best values marked, nothing claimed where nothing was won."""

from __future__ import annotations

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


def test_a_metric_that_a_run_does_not_have_is_no_value() -> None:
    table = compare([run("a", loss=[1.0]), run("b", other=[1.0])]).table
    assert "loss" not in table.rows[1].values


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
