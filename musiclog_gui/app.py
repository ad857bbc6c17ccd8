"""Build every part of the window and connect it to the others; the one place that knows them all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from musiclog.judgement import SENSITIVITIES, Judgement, family_of
from musiclog.remote import Address, is_address
from musiclog.sample_marks import SampleBook
from musiclog.smoothing import Kind
from musiclog.user_data import UserData

from .settings import Settings
from .state.alert_marks import AlertMarks
from .state.alerts import AlertModel
from .state.assessment import Assessment
from .state.chart_layout import ChartLayouts
from .state.chart_view import AXIS_TITLES, COUNTER_TITLES, MIDDLE_TITLES, SPREAD_TITLES, ChartView
from .state.first_look import FirstLook
from .state.groups import RunGroups
from .state.herald import Herald
from .state.laid_series import METRIC
from .state.metric_roles import MetricRoles
from .state.run_colours import RunColours
from .state.run_list import AlertCounts, RunListModel
from .state.run_marks import RunMarks
from .state.run_query import RunQuestion
from .state.runs import RunStore
from .state.samples import SampleTableModel
from .state.scored_quality import ScoredQuality
from .state.selection import Selection
from .theme import ThemeKeeper
from .views.late_page import LatePage
from .views.live_page import LivePage
from .views.main_window import MainWindow
from .views.player_bar import PlayerBar
from .views.run_list import RunList
from .views.status_bar import StatusBar
from .views.tray import Tray
from .work.corpora import Corpora
from .work.frame_clock import FrameClock
from .work.intake import Intake
from .work.player import Player
from .work.pool import Pool
from .work.reading import serve as read_runs
from .work.remote_folders import RemoteFolders
from .work.run_watcher import RunWatcher
from .work.score_desk import ScoreDesk
from .work.synth_desk import SynthDesk, voices
from .work.thumbnails import Thumbnails

if TYPE_CHECKING:
    from .views.alerts_page import AlertsPage
    from .views.blind_test import BlindTestWindow
    from .views.command_palette import Command, CommandPalette
    from .views.samples_page import SamplesPage
    from .views.sound_orders import SoundOrders

TICK_MS = 1000  # ages, states and ETAs are written anew this often


class App(QObject):
    """The running window. show() opens it, close() leaves no process, thread or timer behind."""

    def __init__(
        self, qt: QApplication, settings: Settings, folders: Sequence[str] = (),
        serve: Callable[[Connection], None] = read_runs, user_data: UserData | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.settings = settings
        self._shared = user_data is None
        self._user_data = user_data or UserData.of_user()
        self.keeper = ThemeKeeper(qt, settings.theme)
        self._open = False
        self._build_state()
        self._build_work(serve)
        self._build_pages()
        self._build_window()
        self._connect()
        for folder in folders:
            self.open_folder(folder)

    # -- orders ---------------------------------------------------------------------------------

    def show(self) -> None:
        self._open = True
        self.watcher.start()
        self._ticks.start()
        self.window.show()
        if self.marks.trouble:
            self.status.notify(self.marks.trouble)

    @Slot()
    def close(self) -> None:
        """End everything, once; the order is that of the data, so that nobody speaks to one who is gone."""
        if not self._open:
            return
        self._open = False
        self._ticks.stop()
        self.remote.shut()
        self.watcher.stop()
        if self.sound is not None:
            self.sound.midi.close()
        self.player.close()
        if self.blind_test is not None:
            self.blind_test.shut()
        self.pool.close()
        self.measuring.close()
        self.voices.close()
        self.settings.volume = self.player.status.volume
        self.settings.save()

    def open_folder(self, folder: str) -> None:
        """Watch a folder, also one that is yet to come; a file stands for the folder that it is in."""
        if is_address(folder):
            self._open_address(Address(folder))
            return
        path = Path(folder).expanduser().absolute()
        if path.is_file():
            path = path.parent
        name = os.path.normpath(path)
        if path.is_dir():
            self.settings.remember_folder(name)
        self._watch(name)

    def _open_address(self, address: Address) -> None:
        """Watch the copy of what lies elsewhere."""
        self.settings.remember_folder(address.text)
        self._watch(self.remote.open(address), address.shown)

    def _watch(self, name: str, shown: str = "") -> None:
        self.intake.watched.add(name)
        self.run_model.add_folder(name, shown)
        self.watcher.watch(name)
        self.status.set_folders(len(self.run_model.folders()))

    @Slot(object)
    def open_folders(self, folders: Sequence[str]) -> None:
        for folder in folders:
            self.open_folder(folder)

    @Slot(str)
    def close_folder(self, folder: str) -> None:
        """Watch a folder no longer and take its runs out of the window; nothing on disk changes."""
        self.watcher.unwatch(folder)
        self.remote.close(folder)
        self.intake.watched.discard(folder)
        for entry in self.store.entries():
            if entry.folder == folder:
                self.store.remove(entry.id)
        if self.store.entry(self.selection.run) is None:
            self.selection.set_run(None)
        self.run_model.remove_folder(folder)
        self.live.set_trouble(folder, "")
        self.status.set_folders(len(self.run_model.folders()))

    @property
    def samples(self) -> SamplesPage:
        return self.late_pages["Samples"].page()

    @property
    def alerts_page(self) -> AlertsPage:
        return self.late_pages["Alerts"].page()

    # -- building -------------------------------------------------------------------------------

    def _build_state(self) -> None:
        self.store, self.selection = RunStore(self), Selection(self)
        self.alerts = AlertModel(self.store, AlertMarks(self.settings.path.with_name("alerts.json")), self)
        self.metric_roles = MetricRoles(self.settings.path.with_name("metric_roles.json"), self)
        self.herald = Herald(self.store, self.alerts, self._in_front, self)
        self.herald.on = self.settings.notices
        self.marks = RunMarks(self.store, self._user_data, self)
        self.question = RunQuestion(self.store, self.marks, self.alerts.count, self)
        self.groups = RunGroups(self.question, self.marks, self)
        self.colours = RunColours(self.store, self.marks, self.groups, self)
        counts = AlertCounts(self.alerts.count, self.alerts.ever)
        self.run_model = RunListModel(self.store, self.groups, self.marks, counts, self)
        self.first_look = FirstLook(self.store, self.selection, self)
        self.sample_model = SampleTableModel(self)

    def _build_work(self, serve: Callable[[Connection], None]) -> None:
        self.clock = FrameClock(self)
        self.watcher = RunWatcher(serve, self)
        self.remote = RemoteFolders(self)
        self.intake = Intake(self.store, self)
        self.pool = Pool(parent=self)
        self.measuring = Pool(parent=self)  # of its own: a large corpus takes minutes, and scores do not wait for it
        corpora = Corpora(self.measuring, chosen=self.settings.corpus, parent=self)
        self.score_desk = ScoreDesk(self.pool, parent=self, corpora=corpora)
        self.scored = ScoredQuality(self.store, self.score_desk.assessment, self)
        self.score_desk.assessed.connect(self.scored.take)
        self.thumbnails = Thumbnails(self.pool, self)
        self.voices = voices(self)
        soundfont = self.settings.soundfont or None
        self.synth_desk = SynthDesk(self.pool, soundfont=soundfont, parent=self, voice=self.voices)
        self.player = Player(self.synth_desk, parent=self)
        self.player.set_volume(self.settings.volume)
        self._ticks = QTimer(self, interval=TICK_MS)

    def _build_pages(self) -> None:
        settings = self.settings
        known = settings.axis in {**AXIS_TITLES, **COUNTER_TITLES} or settings.axis.startswith(METRIC)
        axis = settings.axis if known else "step"
        kind = settings.smoothing_kind if settings.smoothing_kind in get_args(Kind) else "exponential"
        factor = min(max(settings.smoothing, 0.0), 0.9999)
        view = ChartView(
            axis, factor, settings.log_y, settings.show_marks, settings.link_zoom, kind, settings.clip_outliers,
            settings.group_middle if settings.group_middle in MIDDLE_TITLES else "mean",
            settings.group_spread if settings.group_spread in SPREAD_TITLES else "range",
            frozenset(map(str, settings.unmarked)), settings.log_x,
        )  # fmt: skip
        self.layouts = ChartLayouts(settings.charts, self)
        self.live = LivePage(self.store, self.selection, view, groups=self.groups, layouts=self.layouts)
        self.late_pages = {
            "Samples": LatePage(self._build_samples), "Alerts": LatePage(self._build_alerts),
            "Compare": LatePage(self._build_compare), "Data": LatePage(self._build_data),
            "Log": LatePage(self._build_log), "Config": LatePage(self._build_config),
        }  # fmt: skip
        self.pages: tuple[tuple[str, QWidget], ...] = (("Live", self.live), *self.late_pages.items())
        self.sound: SoundOrders | None = None  # comes with the Samples page

    def _build_samples(self) -> QWidget:
        """The page and what else is about hearing samples."""
        from .views.prompt_strip import PromptStrip  # noqa: PLC0415  0.1 s for all of this
        from .views.sample_orders import SampleOrders  # noqa: PLC0415
        from .views.samples_page import SamplesPage  # noqa: PLC0415
        from .views.sound_orders import SoundOrders  # noqa: PLC0415
        from .work.history_walk import HistoryWalk  # noqa: PLC0415

        player, model, desk = self.player, self.sample_model, self.synth_desk
        page = SamplesPage(self.store, self.selection, self.score_desk, desk, player, model=model)
        self.walk = HistoryWalk(player, self.thumbnails, self)
        page.put_strip(PromptStrip(model, self.selection, self.thumbnails, self.walk))
        model.keep_marks(SampleBook.of_user())
        self.orders = SampleOrders(self.window, page.table, model, self.selection, self.pool, self.settings.soundfont)
        self.orders.told.connect(self.status.notify)
        self.window.activated.connect(model.refresh_marks)
        self.sound = SoundOrders(self.window, page, self.player_bar, player, desk, self.settings)
        self.sound.told.connect(self.status.notify)
        page.corpus.offer(self.settings.corpora)
        page.corpus.chosen.connect(self._keep_corpus)
        page.groups.setCurrentIndex(max(page.groups.findData(self.settings.sample_groups), 0))
        page.groups.currentIndexChanged.connect(self._keep_sample_groups)
        page.blind_test_wanted.connect(self._show_blind_test)
        self.player_bar.next_requested.connect(page.play_next)
        self.player_bar.previous_requested.connect(page.play_previous)
        return self._fed(page)

    def _build_alerts(self) -> QWidget:
        from .views.alerts_page import AlertsPage  # noqa: PLC0415

        page = AlertsPage(self.store, self.selection, self.alerts)
        page.set_options(self.settings.sensitivity, self.settings.notices)
        page.sensitivity_chosen.connect(self._choose_sensitivity)
        page.notices_chosen.connect(self._choose_notices)
        page.roles_wanted.connect(self._show_roles)
        return self._fed(page)

    def _build_compare(self) -> QWidget:
        from musiclog.comparison_sets import ComparisonSets  # noqa: PLC0415

        from .views.compare_page import ComparePage  # noqa: PLC0415

        sets = ComparisonSets.of_user() if self._shared else ComparisonSets()
        question = RunQuestion(self.store, self.marks, self.alerts.count, self)
        page = ComparePage(self.store, self.selection, self.pool, question, scores=self.score_desk,
                           player=self.player, sets=sets)  # fmt: skip
        page.told.connect(self.status.notify)
        self._ticks.timeout.connect(page.tick)
        return self._fed(page)

    def _build_data(self) -> QWidget:
        from .views.data_page import DataPage  # noqa: PLC0415

        return self._fed(DataPage(self.store, self.selection))

    def _build_log(self) -> QWidget:
        from .views.log_page import LogPage  # noqa: PLC0415

        return self._fed(LogPage(self.store, self.selection))

    def _build_config(self) -> QWidget:
        from .views.config_page import ConfigPage  # noqa: PLC0415

        return self._fed(ConfigPage(self.store, self.selection))

    def _fed(self, page: QWidget) -> QWidget:
        """From now on it hears of every frame."""
        self.clock.frame.connect(page.absorb)
        return page

    def _build_window(self) -> None:
        self.run_list = RunList(self.store, self.selection, self.run_model, self.marks)
        self.status = StatusBar(self.store)
        self.player_bar = PlayerBar(self.player, self.sample_model)
        self.window = MainWindow(self.settings, self.run_list, self.pages, self.player_bar, self.status)
        self.blind_test: BlindTestWindow | None = None
        self.palette: CommandPalette | None = None
        self._fill_menus()

    def _fill_menus(self) -> None:
        run, samples, add = self.window.run_menu, self.window.samples_menu, self.window.add_action
        add(self.window.view_menu, "Find a &command…", "Ctrl+K", self._show_palette)
        add(run, "Show &only this run", "O", self._show_only_selected)
        add(run, "Show &all runs", "A", self._show_all)
        add(run, "&Fit all charts", "F", self.live.fit)
        add(run, "&Undo zoom", "Ctrl+Z", self.live.undo)
        add(run, "Re&do zoom", "Ctrl+Shift+Z", self.live.redo)
        run.addSeparator()
        run.addMenu(self.run_list.group_menu)
        add(run, "&Star", "S", self.run_list.toggle_star)
        add(run, "&Tags", "T", self.run_list.edit_tags)
        add(run, "&Note", "N", self.run_list.edit_note)
        add(run, "Archi&ve", "", self.run_list.toggle_archive)
        run.addSeparator()
        add(run, "&Copy its path", "", self._copy_path)
        add(samples, "&Play or pause", "Space", self.player.toggle)
        add(samples, "&Next sample", "J Ctrl+Right", self._play_next)
        add(samples, "P&revious sample", "K Ctrl+Left", self._play_previous)
        add(samples, "Five seconds &on", "Shift+Right", self.player.forward)
        add(samples, "Five seconds &back", "Shift+Left", self.player.back)
        add(samples, "Repea&t", "R", self.player_bar.loop.toggle)
        add(samples, "&Mute", "M", self.player_bar.mute.toggle)
        add(samples, "&Blind test…", "Ctrl+B", self._show_blind_test)

    def _connect(self) -> None:
        self.watcher.arrived.connect(self.intake.take)
        self.watcher.died.connect(self.status.notify)
        self.intake.columns_lost.connect(self.watcher.read_again)
        for speaker in (self.intake.folder_trouble, self.remote.trouble):
            speaker.connect(self.run_model.set_trouble)
            speaker.connect(self.live.set_trouble)
        self.store.touched.connect(self.clock.touch)
        # The alert model counts before the run list reads its counts.
        self.clock.frame.connect(self.alerts.absorb)
        self.clock.frame.connect(self.herald.absorb)
        listed = (self.colours, self.question, self.run_model, self.first_look, self.scored)
        for part in (*listed, self.status, self.live):
            self.clock.frame.connect(part.absorb)
        for part in (self.question, self.run_model, self.first_look, self.status, self.alerts, self.herald):
            self._ticks.timeout.connect(part.tick)
        self.alerts.counts_changed.connect(self._tell_alerts)
        self._connect_watching()
        self.selection.moment_requested.connect(self._show_live)
        self.selection.play_requested.connect(self.player.play_sample)
        self.live.open_requested.connect(self.window.ask_for_folder)
        self.live.group_clicked.connect(self.run_list.tree.choose_group)
        self.live.view_changed.connect(self._keep_view)
        self.layouts.changed.connect(self._keep_layouts)
        self.run_list.close_requested.connect(self.close_folder)
        for part in (self.run_list, self.status.reading):
            part.stop_requested.connect(self._stop_reading)
            part.go_on_requested.connect(self._read_on)
        self.window.activated.connect(self.marks.refresh)
        self.marks.trouble_changed.connect(self.status.notify)
        self.window.folders_opened.connect(self.open_folders)
        self.window.theme_chosen.connect(self.keeper.choose)
        self.window.painted.connect(self._start_charts)
        self.window.closed.connect(self.close)

    def _connect_watching(self) -> None:
        """How runs are judged, and how the user hears of it."""
        self.store.added.connect(self._dress_run)
        self.metric_roles.changed.connect(self._judge)
        self.score_desk.assessed.connect(self._tell_card)
        self.tray = Tray(self.window)
        self.herald.news.connect(self.tray.tell)
        self.tray.clicked.connect(self._show_alert)
        self._judge()

    # -- slots ----------------------------------------------------------------------------------

    @Slot()
    def _start_charts(self) -> None:
        """The frame stands; now load what takes longer."""
        from .views.chart_grid import ChartGrid  # noqa: PLC0415  pyqtgraph takes 0.75 s to import

        self.live.start(ChartGrid)
        self.late_pages["Samples"].page()  # samples are scored and can be played wherever the user looks
        self.player.prepare()

    @Slot(object)
    def _stop_reading(self, runs: Sequence[str]) -> None:
        for run_id in runs:
            self.watcher.pause(run_id)
            self.store.set_stopped(run_id, True)

    @Slot(object)
    def _read_on(self, runs: Sequence[str]) -> None:
        for run_id in runs:
            self.watcher.go_on(run_id)
            self.store.set_stopped(run_id, False)

    @Slot(object)
    def _tell_card(self, assessment: Assessment) -> None:
        """Runs of other trackers write samples without score cards; what judges those runs needs ours."""
        card = assessment.card
        told = None if card is None else {"overall": card.overall, "flags": card.flags, "features": dict(card.features)}
        for entry in self.store.entries():
            if assessment.path in entry.data.samples and not entry.data.info.watches_itself:
                self.watcher.tell_card(entry.id, assessment.path, told)

    @Slot()
    def _tell_alerts(self) -> None:
        self.window.set_badge("Alerts", self.alerts.total())
        self.question.recount_alerts()
        self.run_model.recount_alerts()

    @Slot(str)
    def _dress_run(self, run_id: str) -> None:
        self.store.set_roles(run_id, self.metric_roles.of(run_id))

    @Slot(str)
    def _judge(self, _family: str = "") -> None:
        for entry in self.store.entries():
            self._dress_run(entry.id)
        sensitivity = self.settings.sensitivity if self.settings.sensitivity in SENSITIVITIES else "normal"
        self.watcher.judge_by(Judgement(sensitivity, self.metric_roles.all()))

    @Slot(str)
    def _choose_sensitivity(self, word: str) -> None:
        self.settings.sensitivity = word
        self._judge()

    @Slot(bool)
    def _choose_notices(self, on: bool) -> None:
        self.settings.notices = self.herald.on = on

    @Slot(str)
    def _show_roles(self, run_id: str) -> None:
        from .dialogs.metric_roles import MetricRolesDialog  # noqa: PLC0415

        family = family_of(run_id)
        relatives = [entry for entry in self.store.entries() if family_of(entry.id) == family]
        names = [name for entry in relatives for name in entry.data.series]
        MetricRolesDialog(self.metric_roles, family, names, self.window).show()

    @Slot(object)
    def _show_alert(self, key: tuple[str, str]) -> None:
        self.window.show_page([title for title, _ in self.pages].index("Alerts"))
        self.alerts_page.choose(key)

    def _in_front(self) -> bool:
        return QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive

    def _play_next(self) -> None:
        self.samples.play_next()

    def _play_previous(self) -> None:
        self.samples.play_previous()

    @Slot()
    def _show_blind_test(self) -> None:
        if self.blind_test is None:
            from musiclog.listening.answers import books_folder  # noqa: PLC0415

            from .views.blind_test import BlindTestWindow  # noqa: PLC0415  brings the statistics

            self.blind_test = BlindTestWindow(
                self.sample_model, self.score_desk, self.synth_desk, self.player, books_folder(), self.window
            )
        self.blind_test.open()

    @Slot(str, float)
    def _show_live(self, _run_id: str, _step: float) -> None:
        self.window.show_page(0)

    @Slot(object)
    def _keep_view(self, view: ChartView) -> None:
        self.settings.axis, self.settings.smoothing = view.axis, view.smoothing
        self.settings.log_y, self.settings.show_marks, self.settings.log_x = view.log_y, view.marks, view.log_x
        self.settings.link_zoom, self.settings.clip_outliers = view.linked, view.clip
        self.settings.smoothing_kind, self.settings.unmarked = view.kind, sorted(view.unmarked)
        self.settings.group_middle, self.settings.group_spread = view.middle, view.spread

    @Slot(str)
    def _keep_corpus(self, chosen: str) -> None:
        self.settings.keep_corpus(chosen)

    @Slot()
    def _keep_sample_groups(self) -> None:
        self.settings.sample_groups = self.samples.groups.currentData()

    @Slot()
    def _keep_layouts(self) -> None:
        self.settings.charts = self.layouts.as_dict()

    def _show_palette(self) -> None:
        from .views.command_palette import CommandPalette  # noqa: PLC0415

        if self.palette is None:
            self.palette = CommandPalette(self._find_commands, self.window)
        self.palette.open_anew()

    def _find_commands(self) -> list[Command]:
        from .views.command_palette import Command, commands_of  # noqa: PLC0415

        runs = [
            Command(f"Run {entry.name}", partial(self.selection.set_run, entry.id)) for entry in self.store.entries()
        ]
        charts = [] if self.live.grid is None else [place.plan.name for place in self.live.grid.charts()]
        return [
            *commands_of(self.window.menus()), *runs, *(Command(f"Chart {name}", partial(self._go_to_chart, name))
                                                        for name in charts),
        ]  # fmt: skip

    def _go_to_chart(self, name: str) -> None:
        self.window.show_page(0)
        self.live.show_chart(name)

    def _show_only_selected(self) -> None:
        if self.selection.run is not None:
            for entry in self.store.entries():
                self.store.set_shown(entry.id, entry.id == self.selection.run)

    def _show_all(self) -> None:
        for entry in self.store.entries():
            self.store.set_shown(entry.id, True)

    def _copy_path(self) -> None:
        if self.selection.run is not None:
            QGuiApplication.clipboard().setText(self.selection.run)
