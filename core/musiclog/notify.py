"""Tell somebody who is not at the machine, through any service that apprise knows, without holding up the training."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .anomaly import Alert

MISSING = "notifications need apprise: pip install 'musiclog[notify]'"
GRAVE = ("critical", "fatal")
# Whoever broke everything is told twelve times an hour at most; the next message says how many were left out.
MOST_AN_HOUR = 12
HOUR_S = 3600.0
REMEMBERED = 1_000  # incidents that were told
CLOSE_S = 10.0  # how long the end of a run waits for messages that are still on their way

Send = Callable[[Sequence[str], str, str], list[str]]


def send(urls: Sequence[str], title: str, body: str) -> list[str]:
    """Send one message to every URL now; returns what went wrong, without the URLs' secrets. Never raises."""
    try:
        import apprise  # noqa: PLC0415 - half a second, and only with the extra
    except ImportError:
        return [MISSING]
    # apprise writes whole URLs, with their tokens, into its log.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    troubles = []
    for url in urls:
        try:
            service = apprise.Apprise()
            if not service.add(url):
                troubles.append(f"{_scheme(url)} is no URL that apprise knows")
            elif not service.notify(title=title, body=body):
                troubles.append(f"the message to {_scheme(url)} was not delivered")
        except Exception as error:  # noqa: BLE001 - a hundred plug-ins; telling is an extra
            troubles.append(f"the message to {_scheme(url)} failed ({type(error).__name__})")
    return troubles


class Notifier:
    """Takes the alerts of one run and tells the grave ones, once an incident, from a thread of its own.

    complain is called from that thread, with a key and a text, for what goes wrong. clock counts seconds.
    """

    def __init__(
        self,
        urls: Sequence[str],
        run_name: str,
        complain: Callable[[str, str], None],
        *,
        place: str = "",
        send: Send = send,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._urls, self._run_name, self._place = tuple(urls), run_name, place
        self._complain, self._send, self._clock = complain, send, clock
        self._told: OrderedDict[str, None] = OrderedDict()
        self._sent: deque[float] = deque()
        self._left_out = 0
        self._outbox: queue.SimpleQueue[tuple[str, str] | None] = queue.SimpleQueue()
        self._postman: threading.Thread | None = None

    def hear(self, alert: Alert) -> None:
        """Tell it if it is grave and the first of its incident; returns at once."""
        incident = alert.incident or alert.id
        grave = alert.severity in GRAVE and alert.state in ("opened", "escalated")
        if not grave or incident in self._told:
            return
        self._told[incident] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        if not self._may_send():
            self._left_out += 1
            return
        self._post(f"{self._run_name}: {alert.severity}", self._body(alert))

    def close(self) -> None:
        """Wait a little for what is on its way. After this nothing more is told."""
        if self._postman is not None:
            self._outbox.put(None)
            self._postman.join(CLOSE_S)

    def _may_send(self) -> bool:
        now = self._clock()
        while self._sent and now - self._sent[0] > HOUR_S:
            self._sent.popleft()
        if len(self._sent) >= MOST_AN_HOUR:
            return False
        self._sent.append(now)
        return True

    def _body(self, alert: Alert) -> str:
        lines = [alert.title]
        if alert.suggestions:
            lines.append(f"What to do first: {alert.suggestions[0].text}")
        if self._left_out:
            lines.append(f"{self._left_out} more alerts were not sent.")
            self._left_out = 0
        return "\n".join([*lines, self._place] if self._place else lines)

    def _post(self, title: str, body: str) -> None:
        if self._postman is None:
            self._postman = threading.Thread(target=self._deliver, name="musiclog-notify", daemon=True)
            self._postman.start()
        self._outbox.put((title, body))

    def _deliver(self) -> None:
        while (message := self._outbox.get()) is not None:
            for trouble in self._send(self._urls, *message):
                self._complain("notify", trouble)


def _scheme(url: str) -> str:
    """What may be said of a URL: json://, slack://."""
    scheme, found, _ = url.partition("://")
    return f"{scheme}://" if found else "a text without ://"
