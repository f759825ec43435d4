"""One POST to a webhook: to a checked address, with TLS for the host's name, no redirect, no answer read.

How it ended is a short word for people: `delivered`, `status_500`, `address_refused`, `timed_out` and so on. Neither
the address nor the receiver's words are written anywhere.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException

from facekeep.errors import BadInput, Code
from facekeep.service.addresses import (
    Address,
    Network,
    WebhookUrl,
    is_listed,
    is_public,
    parse_networks,
    parse_url,
    resolve,
)
from facekeep.settings import WebhookSettings

Resolve = Callable[[WebhookUrl], Sequence[Address]]
DELIVERED = "delivered"
_HEADER = "Facekeep-Signature"


class Sender:
    """Sends to public addresses, and to those in `allowed`; `tls` trusts what the operator trusts."""

    def __init__(
        self, allowed: Sequence[Network], *, tls: ssl.SSLContext, timeout_s: float, resolved: Resolve = resolve
    ) -> None:
        self._allowed = allowed
        self._tls = tls
        self._timeout_s = timeout_s
        self._resolved = resolved

    def send(self, untrusted_url: str, body: bytes, signature: str) -> str:
        """How an attempt to deliver `body` ended."""
        try:
            url = parse_url(untrusted_url)
            addresses = self._resolved(url)
        except BadInput:
            return "address_invalid"
        except (OSError, UnicodeError, ValueError):
            return "name_not_found"
        if not addresses or not all(self._may(url, one) for one in addresses):
            return "address_refused"
        return self._posted(url, addresses[0], body, signature)

    def _may(self, url: WebhookUrl, address: Address) -> bool:
        """One forbidden address among several is enough: a name that answers so is not trusted with the others."""
        return is_listed(address, self._allowed) or (url.is_https and is_public(address))

    def _posted(self, url: WebhookUrl, address: Address, body: bytes, signature: str) -> str:
        until = time.monotonic() + self._timeout_s
        try:
            with self._connected(url, address) as connection:
                status = _status(connection, url, body, signature)
        except (OSError, HTTPException, ValueError) as error:
            return _why(error, is_late=time.monotonic() >= until)
        return DELIVERED if 200 <= status < 300 else f"status_{status}"

    @contextmanager
    def _connected(self, url: WebhookUrl, address: Address) -> Iterator[HTTPConnection]:
        """A connection to this very address, cut when the time is up, however slowly the other end answers."""
        plain = socket.create_connection((str(address), url.port), self._timeout_s)
        with plain if not url.is_https else self._wrapped(plain, url) as connected:
            cut = threading.Timer(self._timeout_s, _shut, (connected,))
            cut.daemon = True
            cut.start()
            try:
                if isinstance(connected, ssl.SSLSocket):
                    connected.do_handshake()
                connection = HTTPConnection(url.host, url.port)
                connection.sock = connected
                yield connection
            finally:
                cut.cancel()

    def _wrapped(self, plain: socket.socket, url: WebhookUrl) -> ssl.SSLSocket:
        return self._tls.wrap_socket(plain, server_hostname=url.host, do_handshake_on_connect=False)


def _status(connection: HTTPConnection, url: WebhookUrl, body: bytes, signature: str) -> int:
    """The status of the answer; the rest of it stays unread."""
    connection.putrequest("POST", url.target, skip_host=True, skip_accept_encoding=True)
    for name, value in (
        ("Host", url.authority),
        ("User-Agent", "facekeep"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
        (_HEADER, signature),
    ):
        connection.putheader(name, value)
    connection.endheaders(body)
    return connection.getresponse().status


def _why(error: Exception, *, is_late: bool) -> str:
    if is_late or isinstance(error, TimeoutError):
        return "timed_out"
    return "tls_failed" if isinstance(error, ssl.SSLError) else "connection_failed"


def _shut(connected: socket.socket) -> None:
    """Wake whoever reads; below TLS, which would wait for the other end."""
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def sender_of(settings: WebhookSettings) -> Sender:
    """A sender that goes where the settings allow. Raises BadInput `invalid_setting`."""
    allowed = parse_networks(settings.allow_networks)
    try:
        tls = trusted(settings.ca_file)
    except OSError as error:
        raise BadInput(Code.INVALID_SETTING, "webhooks.ca_file holds no certificates that can be read") from error
    return Sender(allowed, tls=tls, timeout_s=settings.timeout_s)


def trusted(ca_file: str) -> ssl.SSLContext:
    """What the system trusts, and the certificates of `ca_file`. Raises OSError where that cannot be read."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
