"""Stars, tags and comments in the sample table; the best ones as a folder."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMainWindow

from musiclog.sample_marks import SampleBook, SampleMarks
from musiclog_gui.dialogs.sample_note import SampleNote
from musiclog_gui.state.samples import RATING, TAGS
from musiclog_gui.views.sample_orders import SampleOrders
from musiclog_gui.views.sample_table import STARS_LEFT, SampleTable
from musiclog_gui.work.pool import InlineExecutor


@pytest.fixture
def table(room, qtbot, tmp_path):
    room.arrive(room.sample("one.mid", 1.0), room.sample("two.mid", 2.0, beats=12))
    room.model.keep_marks(SampleBook(tmp_path / "samples.jsonl"))
    table = SampleTable(room.model)
    qtbot.addWidget(table)
    table.resize(1400, 300)
    table.show()
    return table


def keys(room):
    return [row.key for row in room.model.rows()]


def test_click_on_a_star_rates_and_again_takes_it_away(room, table, qtbot):
    table.rated.connect(lambda key, stars: room.model.mark(key, stars=stars))
    cell = table.visualRect(table.lines.index(0, RATING))
    spot = QPoint(cell.left() + STARS_LEFT + round(3.5 * table.star_width()), cell.center().y())
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert table.lines.index(0, RATING).data() == "★★★★☆"
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert table.lines.index(0, RATING).data() == ""


def test_marks_are_kept_by_content_and_seen_by_another_window(room, table, tmp_path):
    room.model.mark(keys(room)[0], stars=5, tags=["fine"], comment="ends well")
    book = SampleBook(tmp_path / "samples.jsonl")
    ((_, marks),) = book.marked().items()
    assert (marks.stars, marks.tags, marks.name) == (5, ("fine",), "one.mid")
    assert room.model.index(0, TAGS).data() == "#fine  ends well"
    assert "ends well" in room.model.index(0, TAGS).data(Qt.ItemDataRole.ToolTipRole)


def test_what_another_window_noted_comes_in(room, table, tmp_path):
    digest = room.model.row(0).assessment.digest
    SampleBook(tmp_path / "samples.jsonl").change(digest, stars=2)
    room.model.refresh_marks()
    assert room.model.index(0, RATING).data() == "★★☆☆☆"


def test_table_sorts_by_rating(room, table):
    room.model.mark(keys(room)[0], stars=5)
    table.sortByColumn(RATING, Qt.SortOrder.DescendingOrder)
    assert table.lines.index(0, RATING).data() == "★★★★★"


def test_broken_file_cannot_be_rated(room):
    file = room.sample("b.mid")
    with open(file.path, "wb") as out:  # noqa: PTH123
        out.write(b"MThd and no more")
    room.arrive(file)
    assert not room.model.mark(("/runs/a", file.path), stars=3)
    assert room.model.marks(room.model.row(0)).stars == 0


def test_note_is_told_when_it_is_saved(qtbot):
    dialog = SampleNote("<b>one</b>.mid", SampleMarks(2, ("a",), "old"), ["a", "b"])
    qtbot.addWidget(dialog)
    dialog.tags.setText("a, #b")
    dialog.comment.setPlainText(" new ")
    with qtbot.waitSignal(dialog.written) as told:
        dialog._accept()
    assert told.args[0] == {"stars": 2, "tags": ["a", "b"], "comment": "new"}


class Window(QMainWindow):
    """As much of the main window as the orders need."""

    def __init__(self):
        super().__init__()
        self.samples_menu = self.menuBar().addMenu("Samples")
        self.keys = {}

    def add_action(self, menu, text, keys, slot):
        menu.addAction(text, slot)
        self.keys[keys] = slot


@pytest.fixture
def orders(room, table, qtbot):
    window = Window()
    qtbot.addWidget(window)
    return SampleOrders(window, table, room.model, room.selection, InlineExecutor())


def test_keys_rate_the_chosen_sample(room, orders):
    orders._window.keys["Alt+3"]()
    assert room.model.index(0, RATING).data() == ""
    room.selection.set_sample(keys(room)[0])
    orders._window.keys["Alt+3"]()
    assert room.model.index(0, RATING).data() == "★★★☆☆"
    orders._window.keys["Alt+0"]()
    assert room.model.index(0, RATING).data() == ""


def test_best_ones_are_exported_the_best_first(room, orders, tmp_path, qtbot):
    one, two = keys(room)
    room.model.mark(one, stars=4)
    room.model.mark(two, stars=5)
    with qtbot.waitSignal(orders.told, check_params_cb=lambda text: text.startswith("Written")):
        orders.export(str(tmp_path / "best"))
    names = sorted(path.name for path in (tmp_path / "best").iterdir())
    assert names == ["1-two.mid", "1-two.wav", "2-one.mid", "2-one.wav", "best-of.html", "best-of.txt"]


def test_export_without_stars_says_what_to_do(orders, qtbot):
    with qtbot.waitSignal(orders.told) as told:
        orders.ask_for_folder()
    assert "rate some" in told.args[0]


def test_folder_that_cannot_be_written_is_told(room, orders, tmp_path, qtbot):
    (tmp_path / "file").write_text("")
    room.model.mark(keys(room)[0], stars=4)
    with qtbot.waitSignal(orders.told, check_params_cb=lambda text: "could not" in text):
        orders.export(str(tmp_path / "file" / "x"))
