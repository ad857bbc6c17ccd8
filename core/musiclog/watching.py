"""Let the anomaly monitor look at a run from inside, without ever being able to hurt it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .notices import Notices

if TYPE_CHECKING:
    from .anomaly import Alert, Monitor

AlertCallback = Callable[["Alert"], object]


class Watch:
    """The monitor of one run and those who want to hear of alerts. A monitor that fails is switched off."""

    def __init__(self, monitor: Monitor | None, notices: Notices) -> None:
        self._monitor = monitor
        self._notices = notices
        self._callbacks: list[AlertCallback] = []

    @classmethod
    def over(cls, notices: Notices, *, config: Mapping[str, Any] | None, total_steps: float | None) -> Watch:
        try:
            from .anomaly import Monitor  # noqa: PLC0415 - paid when a run opens, not by import musiclog

            return cls(Monitor(config=config, total_steps=total_steps), notices)
        except Exception as error:  # noqa: BLE001 - detection is an extra; training goes on without it
            notices.say("monitor", f"the anomaly monitor cannot start ({error!r}); this run is not watched")
            return cls(None, notices)

    @property
    def on(self) -> bool:
        return self._monitor is not None

    def listen(self, callback: AlertCallback) -> None:
        self._callbacks.append(callback)

    def update(
        self, step: float, metrics: Mapping[str, float], *, epoch: float | None, time: float | None
    ) -> Sequence[Alert]:
        if self._monitor is None:
            return ()
        try:
            return self._monitor.update(step, metrics, epoch=epoch, time=time)
        except Exception as error:  # noqa: BLE001 - as above
            return self._switch_off(error)

    def event(self, kind: str, step: float | None, data: Mapping[str, Any]) -> Sequence[Alert]:
        if self._monitor is None:
            return ()
        try:
            return self._monitor.event(kind, step, data)
        except Exception as error:  # noqa: BLE001 - as above
            return self._switch_off(error)

    def finish(self) -> Sequence[Alert]:
        if self._monitor is None:
            return ()
        try:
            return self._monitor.finish()
        except Exception as error:  # noqa: BLE001 - as above
            return self._switch_off(error)

    def tell(self, alert: Alert) -> None:
        for callback in self._callbacks:
            try:
                callback(alert)
            except Exception as error:  # noqa: BLE001 - the user's code; said once, counted, training goes on
                self._notices.say("on_alert", f"an on_alert callback raised {error!r}; training goes on")

    def after_fork_in_child(self) -> None:
        self._monitor = None  # the parent's goes on; two would tell every alert twice

    def _switch_off(self, error: Exception) -> Sequence[Alert]:
        self._monitor = None
        self._notices.say("monitor", f"the anomaly monitor failed ({error!r}) and is switched off")
        return ()
