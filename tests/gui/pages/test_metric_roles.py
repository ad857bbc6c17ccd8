"""Where a name misleads the user says what a metric is, and charts and watch go by that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton

from musiclog import Run
from musiclog.follow import Follower, Found, Update
from musiclog.judgement import Judgement, family_of
from musiclog.run_data import RunData
from musiclog_gui.dialogs.metric_roles import MetricRolesDialog
from musiclog_gui.state.chart_plan import LOSSES, plan
from musiclog_gui.state.metric_roles import MetricRoleModel, MetricRoles

FAMILY = "/runs/vae"


def test_corrections_are_kept_per_family(tmp_path: Path, qtbot: Any) -> None:
    path = tmp_path / "user" / "metric_roles.json"
    roles = MetricRoles(path)
    with qtbot.waitSignal(roles.changed) as changed:
        roles.correct(FAMILY, "wibble", "loss")
    assert changed.args == [FAMILY]
    again = MetricRoles(path)
    assert again.of(f"{FAMILY}/run-1") == {"wibble": "loss"}
    assert again.of("/runs/gan/run-1") == {}
    again.correct(FAMILY, "wibble", None)
    assert MetricRoles(path).all() == {}


def test_files_that_are_damaged_or_cannot_be_written_say_so(tmp_path: Path) -> None:
    path = tmp_path / "metric_roles.json"
    path.write_text('["x"]')
    assert "cannot be read" in (MetricRoles(path).trouble or "")
    path.write_text(json.dumps({FAMILY: {"a": "loss", "b": "of another version"}}))
    assert MetricRoles(path).all() == {FAMILY: {"a": "loss"}}
    (tmp_path / "file").write_text("")
    nowhere = MetricRoles(tmp_path / "file" / "x.json")
    nowhere.correct(FAMILY, "a", "loss")
    assert "cannot be written" in (nowhere.trouble or "")


def test_the_table_tells_what_a_name_says_and_what_it_is_used_as() -> None:
    roles = MetricRoles()
    model = MetricRoleModel(roles, FAMILY, ["wibble", "lr", "total_loss"])
    assert [model.index(row, 0).data() for row in range(3)] == ["total_loss", "lr", "wibble"]
    assert model.setData(model.index(2, model.USED), "loss")
    used = [model.index(row, model.USED).data() for row in range(3)]
    assert used == ["Part of the loss", "Learning rate", "Loss"], "one metric holds the role, the other steps back"
    assert model.corrected() == ["wibble"]
    model.setData(model.index(2, model.USED), "other")
    assert roles.all() == {}, "what the name says anyway is no correction"


def test_charts_stand_where_the_user_says(qtbot: Any) -> None:
    assert [each.section for each in plan(["wibble"], {"wibble": "loss"})] == [LOSSES]
    assert plan(["wibble"], {"wibble": ""}) == []


def test_the_dialog_changes_at_once_and_can_forget(qtbot: Any) -> None:
    roles = MetricRoles()
    dialog = MetricRolesDialog(roles, FAMILY, ["wibble", "lr"])
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.isModal()
    dialog._edit(dialog._sorted.index(1, 0))
    box = dialog.table.findChild(QComboBox)
    box.setCurrentIndex(box.findData("loss"))
    box.activated.emit(box.currentIndex())
    assert roles.of(f"{FAMILY}/x") == {"wibble": "loss"}
    forget = next(each for each in dialog.findChildren(QPushButton) if each.text() == "Go by the names again")
    qtbot.mouseClick(forget, Qt.MouseButton.LeftButton)
    assert roles.all() == {}
    assert not forget.isEnabled()


class Reader:
    """A follower on one log of another tracker, and the run as the window would hold it."""

    def __init__(self, folder: Path) -> None:
        self.follower = Follower()
        self.follower.watch(folder)
        self.data: RunData | None = None
        self.found = 0

    def read(self) -> list[str]:
        """Kinds of the alerts, when nothing more is to be done."""
        messages = self.follower.turn()
        while self.follower.rest_s() == 0:
            messages += self.follower.turn()
        for message in messages:
            match message:
                case Found():
                    self.data, self.found = RunData(message.ref), self.found + 1
                case Update():
                    self.data.absorb(message.news)
        return [event.data["kind"] for event in self.data.events if event.kind == "alert"]


@pytest.fixture
def reader(tmp_path: Path) -> Any:
    rows = [{"step": step, "wibble": (1 + step % 7 / 50) * (80 if step >= 300 else 1)} for step in range(420)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    reader = Reader(tmp_path)
    yield reader
    reader.follower.close()


def test_a_metric_that_is_said_to_be_the_loss_is_watched_as_one(reader: Reader) -> None:
    assert reader.read() == []
    family = family_of(reader.data.ref.path)
    reader.follower.judge_by(Judgement(roles={family: {"wibble": "loss"}}))
    assert {"loss_spike", "training_divergence"} & set(reader.read())
    assert reader.found == 2, "it is read again from its beginning"
    reader.follower.judge_by(Judgement())
    assert reader.read() == []


def test_only_what_a_change_concerns_is_read_again(reader: Reader) -> None:
    reader.read()
    reader.follower.judge_by(Judgement(roles={"/elsewhere": {"wibble": "loss"}}))
    reader.read()
    assert reader.found == 1
    reader.follower.judge_by(Judgement("high", {"/elsewhere": {"wibble": "loss"}}))
    reader.read()
    assert reader.found == 2


def test_a_run_that_watches_itself_is_watched_as_well_once_its_metrics_are_corrected(tmp_path: Path) -> None:
    with Run(tmp_path / "bach") as run:
        for step in range(420):
            run.log(step, wibble=(1 + step % 7 / 50) * (80 if step >= 300 else 1))
    reader = Reader(tmp_path)
    assert reader.read() == []
    reader.follower.judge_by(Judgement("high"))
    reader.read()
    assert reader.found == 1, "sensitivity is for those that do not watch themselves"
    reader.follower.judge_by(Judgement("high", {str(tmp_path): {"wibble": "loss"}}))
    assert reader.read() != []
    reader.follower.close()
