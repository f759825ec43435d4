"""The thread that carries alarms to the operator's webhook within a second or two, whatever other receivers do.

It needs neither the store nor the workers. It asks the vault every second, and carries signed bytes. What was not
written down as delivered is due again.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from facekeep.errors import Code, FacekeepError
from facekeep.service.sending import Sender, sender_of
from facekeep.settings import Settings
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import AlarmSent, Done, SignAlarm, SignedAlarm

_AWAY = frozenset({Code.VAULT_SEALED, Code.VAULT_UNREACHABLE, Code.NOT_INITIALIZED})
_PATIENCE_S = 15.0


def tell_next(vault: VaultClient, sender: Sender) -> bool:
    """Try the alarm that is due; whether there was one."""
    due = vault.call(SignAlarm(), SignedAlarm)
    if due.alarm_id is None:
        return False
    outcome = sender.send(due.url, due.body, due.signature)
    vault.call(AlarmSent(alarm_id=due.alarm_id, outcome=outcome), Done)
    return True


class AlarmBell:
    """A background thread; a context manager. `report` is told of every failure. Rests where no webhook is set."""

    def __init__(
        self,
        settings: Settings,
        *,
        report: Callable[[Exception], None],
        sender: Sender | None = None,
        interval_s: float = 1.0,
    ) -> None:
        self._vault = VaultClient(settings.vault_socket)
        self._settings = settings
        self._report = report
        self._sender = sender
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._settings.alarms.webhook:
            sender = self._sender or sender_of(self._settings.webhooks)  # not before: certificates take memory
            self._thread = threading.Thread(target=self._run, args=(sender,), name="alarms", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=_PATIENCE_S)
        self._vault.close()

    def _run(self, sender: Sender) -> None:
        while not self._stopping.wait(self._interval_s):
            try:
                while not self._stopping.is_set() and tell_next(self._vault, sender):
                    pass
            except FacekeepError as error:
                if error.code not in _AWAY:
                    self._report(error)
            except Exception as error:  # the outermost loop of this thread
                self._report(error)
