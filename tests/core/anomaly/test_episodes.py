"""An episode opens once, only gets graver, and ends once."""

from hypothesis import given
from hypothesis import strategies as st

from musiclog.anomaly.alert import severity_rank
from musiclog.anomaly.episodes import Episode, Rhythm


class Diary:
    """What an episode told."""

    def __init__(self, rhythm: Rhythm) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.episode = Episode("loss_spike", "loss", rhythm, self._hear)

    def _hear(self, episode: Episode, state: str) -> None:
        self.told.append((episode.id, state, episode.severity))

    def live(self, points: str) -> list[str]:
        """points: one letter a point: . calm, w warning, c critical."""
        for at, point in enumerate(points):
            if point == ".":
                self.episode.calm(at)
            else:
                self.episode.trouble(at, float(at), {"w": "warning", "c": "critical"}[point], dict)
        return [state for _, state, _ in self.told]


def test_trouble_must_be_seen_several_times_in_a_row():
    assert Diary(Rhythm(on=3, off=2, cool=5)).live("ww.ww.ww.") == []
    assert Diary(Rhythm(on=3, off=2, cool=5)).live("www") == ["opened"]


def test_it_recovers_after_enough_quiet_points_and_not_before():
    assert Diary(Rhythm(on=1, off=3, cool=5)).live("w..w..") == ["opened"]
    assert Diary(Rhythm(on=1, off=3, cool=5)).live("w...") == ["opened", "recovered"]


def test_trouble_that_comes_back_soon_is_the_same_episode():
    diary = Diary(Rhythm(on=1, off=2, cool=4))
    assert diary.live("w....w") == ["opened", "recovered", "opened"]
    assert diary.told[0][0] == diary.told[2][0] == "loss_spike-0"
    assert diary.episode.times == 2
    assert diary.episode.opened_step == 0


def test_trouble_that_comes_back_late_is_another_episode():
    diary = Diary(Rhythm(on=1, off=2, cool=4))
    diary.live("w.........w")
    assert [each[0] for each in diary.told] == ["loss_spike-0", "loss_spike-0", "loss_spike-10"]


def test_it_gets_graver_and_never_milder():
    diary = Diary(Rhythm(on=1, off=3, cool=5))
    assert diary.live("wwcwcw") == ["opened", "escalated"]
    assert diary.episode.severity == "critical"


def test_a_level_that_lasts_is_settled():
    assert Diary(Rhythm(on=1, off=3, cool=5, settle=4)).live("wwwwww")[:2] == ["opened", "settled"]


def test_it_begins_where_the_trouble_was_first_seen():
    diary = Diary(Rhythm(on=3, off=2, cool=5))
    diary.live("..www")
    assert diary.episode.opened_step == 2


@given(st.text(alphabet=".wc", max_size=120), st.integers(1, 4), st.integers(1, 4), st.integers(0, 9))
def test_whatever_happens_openings_and_ends_alternate_and_severity_only_rises(
    points: str, on: int, off: int, cool: int
):
    diary = Diary(Rhythm(on=on, off=off, cool=cool, settle=20))
    diary.live(points)
    is_open = False
    grave: dict[str, int] = {}
    for number, state, severity in diary.told:
        if state != "escalated":
            assert is_open == (state != "opened")
            is_open = state == "opened"
        assert severity_rank(severity) >= grave.get(number, 0)
        grave[number] = severity_rank(severity)
    assert is_open == diary.episode.is_open
