"""What the Compare page says of runs, how they are chosen, and how it keeps up while they grow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from musiclog_gui.work.comparison import ComparisonDesk
from musiclog_gui.work.light_runs import MOST_ROWS
from musiclog_gui.work.pool import InlineExecutor, Task


def ticks(bench) -> dict[str, Qt.CheckState]:
    model = bench.page.choice
    return {model.index(row).data(): Qt.CheckState(model.index(row).data(Qt.ItemDataRole.CheckStateRole))
            for row in range(model.rowCount())}  # fmt: skip


def tick(bench, text: str, state: Qt.CheckState = Qt.CheckState.Unchecked) -> None:
    model = bench.page.choice
    row = next(row for row in range(model.rowCount()) if model.index(row).data().startswith(text))
    model.setData(model.index(row), state, Qt.ItemDataRole.CheckStateRole)
    bench.settle()


def cells(model) -> list[list[str]]:
    return [[model.index(row, column).data() for column in range(model.columnCount())]
            for row in range(model.rowCount())]  # fmt: skip


def names(model) -> list[str]:
    return [model.headerData(row, Qt.Orientation.Vertical) for row in range(model.rowCount())]


# -- nothing, one, few ------------------------------------------------------------------------------


def test_without_runs_the_page_says_what_would_fill_it(bench) -> None:
    assert bench.page.empty.isVisible()
    assert "No runs to compare" in bench.page.empty.words()


def test_with_nothing_ticked_it_says_what_to_do_and_keeps_the_list(compared) -> None:
    tick(compared, "learning_rate 0.001")
    tick(compared, "learning_rate 0.01")
    assert "Tick runs on the left" in compared.page.empty.words()
    assert compared.page.chooser.list.isVisible()


def test_one_run_alone_is_told_to_be_alone(bench) -> None:
    bench.made("alone", {"lr": 0.1}, total_loss=[3.0, 2.0])
    assert "One run alone" in bench.open("Summary").words()[0]


def test_two_single_runs_cannot_be_told_apart_and_more_seeds_are_asked_for(bench) -> None:
    bench.made("one", {"lr": 0.1}, total_loss=[3.0, 2.0])
    bench.made("two", {"lr": 0.2}, total_loss=[3.0, 1.0])
    assert "cannot be told from chance" in bench.open("Summary").words()[0]


# -- what is said -----------------------------------------------------------------------------------


def test_the_better_learning_rate_is_named_first_with_its_figures_and_test(compared) -> None:
    first = compared.open("Summary").words()[0]
    assert first.startswith("learning_rate 0.001 is better than learning_rate 0.01 in final total_loss")
    assert "paired" in first
    assert "95 % interval" in first


def test_equal_groups_get_no_winner(bench) -> None:
    for rate, losses in ((0.1, (1.0, 1.2, 1.1, 0.9)), (0.2, (1.05, 1.15, 0.95, 1.1))):
        for seed, loss in enumerate(losses):
            bench.made(f"{rate}-{seed}", {"lr": rate, "seed": seed}, total_loss=[2.0, loss])
    assert bench.open("Summary").words()[0].startswith("Nothing differs beyond chance in final total_loss")


def test_three_groups_show_who_ranks_where(bench) -> None:
    for rate, level in ((0.1, 1.0), (0.2, 2.0), (0.3, 2.01)):
        for seed in range(4):
            bench.made(f"{rate}-{seed}", {"lr": rate, "seed": seed}, total_loss=[4.0, level + seed / 50])
    summary = bench.open("Summary")
    assert summary.ranks.isVisible()
    assert "lr 0.1" in summary.ranks.accessibleDescription()
    summary.grab()


def test_where_figures_are_taken_stands_at_every_number(compared) -> None:
    table = compared.open("Table").model
    heads = [table.headerData(column, Qt.Orientation.Horizontal) for column in range(table.columnCount())]
    assert heads[0] == "final\ntotal_loss ↓\nat the end of each run"
    compared.page.bar.equal.setCurrentIndex(1)
    compared.settle()
    assert table.headerData(0, Qt.Orientation.Horizontal) == "final\ntotal_loss ↓\nat step 19"
    assert "at step 19" in compared.page.state.text()


def test_steps_to_a_target_can_be_the_question(compared) -> None:
    bar = compared.page.bar
    bar.figure.setCurrentIndex(bar.figure.findData("target_step"))
    compared.settle()
    assert bar.target.isVisible()
    assert compared.answer.comparison.main == "target_step"
    bar.target.setText("2.5")
    bar.target.editingFinished.emit()
    compared.settle()
    assert "reached 2.5" in compared.open("Summary").words()[0]


# -- the table --------------------------------------------------------------------------------------


def test_the_best_of_each_column_is_marked_and_what_cannot_be_told_from_it(bench) -> None:
    for rate, level in ((0.1, 1.0), (0.2, 1.001), (0.3, 2.0)):
        for seed in range(5):
            bench.made(f"{rate}-{seed}", {"lr": rate, "seed": f"{rate}-{seed}"}, total_loss=[4.0, level + seed / 50])
    table = bench.open("Table").model
    first = [row[0][0] for row in cells(table)]
    assert first == ["★", "≈", "2"]
    assert "cannot be told from the best" in table.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_groups_give_way_to_their_runs(compared) -> None:
    part = compared.open("Table")
    assert names(part.model) == ["learning_rate 0.001  (6)", "learning_rate 0.01  (6)"]
    part.rows.setCurrentIndex(1)
    assert len(names(part.model)) == 12
    assert sum(row[0].startswith("★") for row in cells(part.model)) == 1


def test_columns_sort_and_missing_values_stay_last(bench) -> None:
    bench.made("one", total_loss=[3.0, 2.0])
    bench.made("two", total_loss=[3.0, 0.5])
    bench.made("three", other=[1.0])
    table = bench.open("Table").table
    for order, expected in ((Qt.SortOrder.AscendingOrder, "two"), (Qt.SortOrder.DescendingOrder, "one")):
        table.sortByColumn(0, order)
        assert names(table.model())[0] == expected
        assert names(table.model())[-1] == "three"


def test_a_double_click_selects_the_run(bench) -> None:
    bench.made("one", total_loss=[3.0, 2.0])
    other = bench.made("two", total_loss=[3.0, 0.5])
    table = bench.open("Table").table
    table.doubleClicked.emit(table.model().index(1, 0))
    assert bench.selection.run == other.id


def test_tables_are_copied_for_spreadsheets_and_for_notes(bench) -> None:
    bench.made("one", {"lr": 0.1}, total_loss=[3.0, 2.0])
    bench.made("two", {"lr": 0.2}, total_loss=[3.0, 0.5])
    bench.page.copy_tsv()
    assert "one\t2.0\t2.0" in QGuiApplication.clipboard().text()
    bench.page.copy_markdown()
    assert "| lr | 0.1 | 0.2 |" in QGuiApplication.clipboard().text()


# -- the configuration ------------------------------------------------------------------------------


def test_only_what_differs_is_in_the_diff_nested_as_it_is(compared) -> None:
    model = compared.open("Configuration").model
    (branch,) = [model.index(row, 0) for row in range(model.rowCount())]
    assert branch.data() == "training"
    inner = {model.index(row, 0, branch).data(): model.index(row, 1, branch).data()
             for row in range(model.rowCount(branch))}  # fmt: skip
    assert inner["learning_rate"] == "0.001"
    assert inner["seed"] == "0, 1, 2, 3, 4, 5"


def test_a_run_that_tells_no_configuration_is_counted_not_guessed(bench) -> None:
    bench.made("one", {"lr": 0.1}, total_loss=[3.0])
    bench.made("two", {"lr": 0.2}, total_loss=[3.0])
    bench.made("silent", total_loss=[3.0])
    assert bench.open("Configuration").untold.text() == "1 run tells no configuration"


# -- choosing ---------------------------------------------------------------------------------------


def test_the_runs_shown_on_live_are_compared_until_another_choice_is_made(compared, twelve) -> None:
    compared.store.set_shown(twelve[0].ref.path, False)
    compared.settle()
    assert len(compared.answer.runs) == 11
    tick(compared, "rate0.01-seed5")
    assert len(compared.answer.runs) == 10
    compared.page.chooser.same.click()
    compared.settle()
    assert len(compared.answer.runs) == 11


def test_the_head_of_a_group_ticks_all_of_it(compared) -> None:
    tick(compared, "learning_rate 0.01")
    assert len(compared.answer.runs) == 6
    tick(compared, "rate0.001-seed0")
    assert ticks(compared)["learning_rate 0.001  (6)"] == Qt.CheckState.PartiallyChecked
    tick(compared, "learning_rate 0.001", Qt.CheckState.Checked)
    assert len(compared.answer.runs) == 6


def test_a_query_chooses_and_may_group(compared) -> None:
    compared.page.chooser.query.line.setText("learning_rate<0.005")
    compared.settle()
    assert len(compared.answer.runs) == 6
    assert compared.page.choice.rowCount() == 7
    compared.page.chooser.query.line.setText("group:seed")
    compared.settle()
    assert len(compared.answer.frame.groups) == 6
    compared.page.chooser.query.line.setText("")
    compared.settle()
    assert len(compared.answer.frame.groups) == 2


def test_any_setting_groups_runs(compared) -> None:
    bar = compared.page.bar
    bar.group.menu().aboutToShow.emit()
    action = next(action for action in bar.group.menu().actions() if action.data() == "training.seed")
    action.trigger()
    compared.settle()
    assert [group.label for group in compared.answer.frame.groups][:2] == ["seed 0", "seed 1"]
    assert bar.group.text() == "Grouped by seed"


# -- kept sets --------------------------------------------------------------------------------------


def test_a_comparison_is_kept_opened_again_and_deleted(compared) -> None:
    tick(compared, "learning_rate 0.01")
    compared.page.bar.equal.setCurrentIndex(1)
    compared.settle()
    compared.page.keep("the good ones")
    compared.page.bar.equal.setCurrentIndex(0)
    tick(compared, "learning_rate 0.01", Qt.CheckState.Checked)
    assert len(compared.answer.runs) == 12
    compared.page.bar.sets.menu().aboutToShow.emit()
    menu = compared.page.bar.sets.menu()
    inner = next(action.menu() for action in menu.actions() if action.text() == "the good ones")
    opened, deleted = inner.actions()
    opened.trigger()
    assert len(compared.answer.runs) == 6
    assert compared.page.bar.question.at_equal == "step"
    deleted.trigger()
    assert compared.sets.names() == []


# -- keeping up -------------------------------------------------------------------------------------


@pytest.fixture
def growing(bench):
    entries = [bench.made(f"{rate}-{seed}", {"lr": rate, "seed": seed}, total_loss=[4.0, rate + seed / 100])
               for rate in (1.0, 2.0) for seed in range(3)]  # fmt: skip
    return bench, entries


def test_growing_runs_renew_the_answer_in_their_time(qtbot, growing) -> None:
    bench, entries = growing
    table = bench.open("Table").model
    before = cells(table)[0][0]
    bench.page._period.setInterval(10)
    with qtbot.waitSignal(bench.page.desk.answered):
        bench.grow(entries[0], total_loss=[0.5])
    assert cells(table)[0][0] != before


def test_a_renewal_keeps_selection_order_and_the_sentences_that_stay(growing) -> None:
    bench, entries = growing
    part = bench.open("Table")
    part.rows.setCurrentIndex(1)
    part.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    part.table.selectionModel().setCurrentIndex(
        part.model.index(2, 0), QItemSelectionModel.SelectionFlag.SelectCurrent | QItemSelectionModel.SelectionFlag.Rows
    )
    chosen = names(part.model)[2]
    bench.grow(entries[3], total_loss=[9.0])
    bench.page._renew()
    assert names(part.model)[0] == "2.0-0"
    row = part.table.selectionModel().selectedRows()[0].row()
    assert names(part.model)[row] == chosen
    summary = bench.open("Summary")
    frames = summary.findChildren(object, "sentence")
    bench.page._renew()
    assert summary.findChildren(object, "sentence") == frames


def test_what_arrives_while_hidden_is_compared_when_the_page_is_shown(qtbot, growing) -> None:
    bench, entries = growing
    bench.page.hide()
    bench.grow(entries[0], total_loss=[0.25])
    with qtbot.waitSignal(bench.page.desk.answered):
        bench.page.show()
    assert bench.answer.frame.value(0, "final total_loss") == 0.25


def test_an_older_answer_never_takes_the_place_of_a_newer_one(qtbot) -> None:
    class Slow(InlineExecutor):
        """Answers when it is told to."""

        def __init__(self) -> None:
            self.tasks = []

        def submit(self, call, *arguments, **options):
            options.setdefault("progress", None)
            self.tasks.append(Task(call, arguments, **options))
            return self.tasks[-1]

    pool, answers = Slow(), []
    desk = ComparisonDesk(pool)
    desk.answered.connect(answers.append)
    desk.ask(lambda: "nothing yet", urgent=True)
    desk.ask(lambda: "first", urgent=True)
    pool.tasks[0].tell("result", None)  # it is ready
    desk.ask(lambda: "second", urgent=True)
    first, second = pool.tasks[1:3]
    second.tell("result", "new")
    first.tell("result", "old")
    assert answers == ["new"]
    desk.ask(lambda: "third", urgent=False)
    desk.ask(lambda: "fourth", urgent=False)
    desk.ask(lambda: "fifth", urgent=False)
    pool.tasks[3].tell("result", "newer")
    assert [task.arguments for task in pool.tasks[3:]] == [("third",), ("fifth",)]
    assert desk.busy


def test_a_real_worker_answers_and_writes_the_report(qtbot, tmp_path, twelve, bench_with_pool) -> None:
    bench = bench_with_pool
    summary = bench.open("Summary")
    bench.add(*twelve)
    qtbot.waitUntil(lambda: any("learning_rate 0.001 is better" in said for said in summary.words()), timeout=30_000)
    bench.page.write_report(str(tmp_path / "report.html"))
    qtbot.waitUntil(lambda: any(said.startswith("Report written") for said in bench.told), timeout=30_000)
    assert "learning_rate 0.001 is better" in (tmp_path / "report.html").read_text()


def test_a_report_that_cannot_be_written_is_told(compared, tmp_path) -> None:
    compared.page.write_report(str(tmp_path / "missing" / "report.html"))
    assert compared.told[-1].startswith("The report could not be written")


def test_long_curves_travel_light_and_keep_their_ends_and_extremes(bench) -> None:
    values = [2.0 + (step % 7) / 100 for step in range(200_000)]
    values[77_777] = -5.0
    long = bench.made("long", {"lr": 1.0}, total_loss=values)
    bench.made("short", {"lr": 2.0}, total_loss=[3.0, 2.5])
    (_, news), _ = bench.page._light.of([long.data, long.data])
    assert len(news.points["total_loss"]) <= 1.3 * MOST_ROWS
    assert bench.answer.frame.value(0, "best total_loss") == -5.0
    assert bench.answer.frame.value(0, "final total_loss") == values[-1]
    assert any("very many points" in said for said in bench.open("Summary").words())


def test_hostile_names_are_shown_as_text(bench, hostile) -> None:
    bench.made(hostile, {hostile: hostile}, **{hostile: [1.0, 2.0], "total_loss": [1.0, 2.0]})
    bench.made(hostile[::-1], {hostile: "other"}, total_loss=[1.0, 3.0])
    for number in range(bench.page.tabs.count()):
        bench.page.tabs.setCurrentIndex(number)
        bench.page.grab()
    shown = [*ticks(bench), *names(bench.page.values.model), *bench.page.summary.words()]
    assert all(len(text) < 800 and "\u202e" not in text for text in shown)


def test_figures_are_shown_while_the_libraries_of_the_tests_are_imported(compared) -> None:
    answer = compared.answer
    found = replace(answer.comparison, tests={}, insights=())
    early = replace(answer, comparison=found, notices=("The tests follow.",), early=True)
    compared.page.desk.answered.emit(early)
    assert compared.answer is answer
    compared.page.findings.show(None)
    compared.page.desk.answered.emit(early)
    assert compared.open("Summary").words() == ["The tests follow."]
    assert compared.open("Table").model.rowCount() == 2
    compared.page.desk.answered.emit(answer)
    assert "is better" in compared.open("Summary").words()[0]


def test_a_folder_of_tables_is_a_report_too_and_its_dialog_lets_one_go_on_working(compared, tmp_path) -> None:
    compared.page.bar.report.click()
    dialog = compared.page.findChild(QFileDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    dialog.setDirectory(str(tmp_path))
    dialog.filterSelected.emit("Markdown, pictures and sounds beside it (*.md)")
    assert dialog.selectedFiles() == [str(tmp_path / "comparison.md")]
    dialog.fileSelected.emit(str(tmp_path / "tables"))
    assert compared.told[-1] == f"Report written: {tmp_path / 'tables'}"
    assert list((tmp_path / "tables").glob("*.csv"))
    dialog.close()


def test_space_ticks_in_the_list(compared, qtbot) -> None:
    runs = compared.page.chooser.list
    runs.setFocus()
    runs.setCurrentIndex(compared.page.choice.index(0))
    qtbot.keyClick(runs, Qt.Key.Key_Space)
    compared.settle()
    assert len(compared.answer.runs) == 6


def test_a_group_never_wears_the_colour_of_a_single_run_beside_it(bench) -> None:
    bench.made("alone", {"lr": 0.3, "seed": 1}, total_loss=[3.0, 2.0])
    for seed in range(3):
        bench.made(f"r{seed}", {"lr": 0.1, "seed": seed}, total_loss=[3.0, 1.0 + seed / 10])
    colours = [group.colour for group in bench.page.findings.groups()]
    assert len(colours) == len(set(colours)) == 2
