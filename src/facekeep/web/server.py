"""Running the server: the HTTP protocol at once, and behind it the keep as soon as it is open."""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from facekeep.errors import FacekeepError
from facekeep.service.health import VaultClient
from facekeep.settings import Settings
from facekeep.web.hosts import allowed_hosts
from facekeep.web.lines import LineHandler, write_failure, write_line
from facekeep.web.opening import Opening
from facekeep.web.rest import clear_stacks

if TYPE_CHECKING:
    from facekeep.service.keep import Keep

_MOST_CONNECTIONS = 256
_KEEP_ALIVE_S = 15
_SHUTDOWN_S = 10
_CLOSING_S = 20
_LARGEST_HEAD_BYTES = 16_384


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    Raises
    ------
    FacekeepError
        The keep cannot be opened.
    """
    logging.basicConfig(handlers=[LineHandler()], level=logging.WARNING, force=True)
    hosts = allowed_hosts(settings.http.host, settings.http.allowed_hosts)
    opening = Opening(VaultClient(settings.vault_socket), hosts)
    server = _Server(_config(opening, settings))
    inside = _Inside(settings, opening, server)
    inside.start()
    try:
        server.run()
    finally:
        inside.close()
    write_line("stopped")


class _Server(uvicorn.Server):
    """A server that ends by returning: uvicorn's own would raise the signal again and leave the keep open."""

    _loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def rest(self, worker_threads: int) -> None:
        """Clear the stacks of the threads that serve requests, soon; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(clear_stacks(worker_threads), self._loop)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT end the server for the length of the block."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Inside(threading.Thread):
    """Opens the keep behind the door, keeps it open, and closes it; all in one thread."""

    def __init__(self, settings: Settings, opening: Opening, server: _Server) -> None:
        super().__init__(name="keep", daemon=True)
        self._settings = settings
        self._opening = opening
        self._server = server
        self._closing = threading.Event()
        self._failure: Exception | None = None

    def run(self) -> None:
        """The thread's whole life."""
        try:
            self._open()
        except Exception as error:  # the outermost loop of this thread
            self._failure = error
            self._server.should_exit = True

    def close(self) -> None:
        """Let the keep close. Raises what kept it from opening."""
        self._closing.set()
        self.join(_CLOSING_S)
        if isinstance(self._failure, FacekeepError):
            raise self._failure
        if self._failure is not None:
            write_failure("keep", self._failure)
            raise SystemExit(1)

    def _open(self) -> None:
        from facekeep.service.alarm_bell import AlarmBell  # noqa: PLC0415  as below

        with AlarmBell(self._settings, report=_report_alarms):
            self._open_keep()

    def _open_keep(self) -> None:
        # Imported here, and not before the socket listens: these load models' runtimes, kernels and the database.
        from facekeep.service.housekeeping import Housekeeper  # noqa: PLC0415
        from facekeep.service.keep import open_keep  # noqa: PLC0415
        from facekeep.service.lookout import Lookout  # noqa: PLC0415
        from facekeep.service.warm import warm_up  # noqa: PLC0415
        from facekeep.web.app import create_app  # noqa: PLC0415
        from facekeep.web.door import VAULT_THREADS  # noqa: PLC0415

        threads = self._settings.http.workers_threads + VAULT_THREADS
        with (
            open_keep(self._settings) as keep,
            Housekeeper(keep, report=_report_housekeeping, rest=lambda: self._server.rest(threads)) as housekeeper,
            self._cosigning(keep),
            Lookout(keep, report=_report_lookout),
        ):
            self._opening.opened(create_app(keep, touched=housekeeper.touched))
            write_line("open")
            try:
                warm_up(keep)
            except Exception as error:  # a cold part still works, or says itself why it does not
                write_failure("warm_up", error)
            self._closing.wait()

    @contextmanager
    def _cosigning(self, keep: "Keep") -> Iterator[None]:
        """Have the witnesses sign. What speaks to them takes 15 MB, which a keep without any does not load."""
        if not self._settings.log.witnesses:
            yield
            return
        from facekeep.service.cosigned_notes import CosignedNotes  # noqa: PLC0415
        from facekeep.service.cosigning import Cosigning  # noqa: PLC0415

        kept = CosignedNotes(self._settings.cosigned_dir)
        with Cosigning(
            keep.vault, self._settings.log.witnesses, keep.cosignatures, report=_report_cosigning, kept=kept
        ):
            yield


def _config(app: Opening, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.http.host,
        port=settings.http.port,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_SHUTDOWN_S,
        h11_max_incomplete_event_size=_LARGEST_HEAD_BYTES,
    )


def _report_cosigning(error: Exception) -> None:
    write_failure("cosigning", error)


def _report_lookout(error: Exception) -> None:
    write_failure("lookout", error)


def _report_alarms(error: Exception) -> None:
    write_failure("alarms", error)


def _report_housekeeping(error: Exception) -> None:
    write_failure("housekeeping", error)
