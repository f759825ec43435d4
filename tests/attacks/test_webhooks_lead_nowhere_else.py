"""A webhook is an address that a customer chose: it must not lead into the operator's own network.

Names in odd writings, names that answer with private addresses or differently each time, redirects, receivers that
never end, certificates of somebody else.
"""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receiver import Receiver, raw_server, running_receiver, self_signed

from facekeep.errors import FacekeepError
from facekeep.service.addresses import WebhookUrl, is_public, parse_networks, parse_url
from facekeep.service.sending import Sender, trusted

LOCAL = (ip_network("127.0.0.0/8"),)
FORBIDDEN = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.1.2.3",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "233.252.0.1",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1",
    "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
)  # fmt: skip  # 3fff::/20 is for documentation (RFC 9637)
WRITINGS = (
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://017700000001/",
    "http://127.1/", "http://127.0.1/", "http://0/", "http://127.0.0.1.:80/", "http://0x7f.1/", "http://1e3/",
    "https://010.0.0.1/", "https://256.1.1.1/", "http://user@example.org/", "http://user:pw@example.org/",
    "http://example.org#@127.0.0.1/", "http://example.org\\@127.0.0.1/", "ftp://example.org/", "file:///etc/passwd",
    "gopher://example.org/", "//example.org/", "https:///path", "https://", "http://:80/", "https://[::1",
    "https://[fe80::1%25eth0]/", "https://example.org:0/", "https://example.org:99999/", "https://exa_mple..org/",
    "https://-.org/", "https://example.1/", "javascript:alert(1)", "https://ex%61mple.org/",
)  # fmt: skip


def never(_: WebhookUrl) -> list[object]:
    raise AssertionError("this must not be looked up")


def sender(*allowed: object, resolved: object = None, timeout_s: float = 5.0, ca_file: str = "") -> Sender:
    more = {} if resolved is None else {"resolved": resolved}
    return Sender(allowed, tls=trusted(ca_file), timeout_s=timeout_s, **more)  # type: ignore[arg-type]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as one:
        yield one


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    answers = sender(resolved=lambda _: [ip_address(address)])
    assert answers.send("https://looks-good.example/", b"{}", "s") == "address_refused"


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::1"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_no_mapped_address_is_public(address: object) -> None:
    assert not is_public(ip_address(f"::ffff:{address}"))
    assert not is_public(ip_address(f"64:ff9b::{address}"))


@pytest.mark.parametrize("url", WRITINGS)
def test_odd_writings_are_no_addresses(url: str) -> None:
    with pytest.raises(FacekeepError, match="invalid_request"):
        parse_url(url)
    assert sender(resolved=never).send(url, b"{}", "s") == "address_invalid"


@given(st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    url = read(f"https://{text}")
    if url is not None:
        assert url.host
        assert not set(url.authority + url.target) & set(" \t\r\n\0")


def read(text: str) -> WebhookUrl | None:
    try:
        return parse_url(text)
    except FacekeepError as error:
        return None if error.code == "invalid_request" else pytest.fail(str(error))


def test_a_plain_private_address_is_refused_where_the_operator_lists_none(receiver: Receiver) -> None:
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
        assert sender().send(receiver.url(host), b"{}", "s") == "address_refused"
        assert sender().send(receiver.url(host, "https"), b"{}", "s") == "address_refused"
    assert receiver.came == []


def test_a_listed_network_does_not_open_others(receiver: Receiver) -> None:
    elsewhere = parse_networks(["10.0.0.0/8"])
    assert sender(*elsewhere).send(receiver.url(), b"{}", "s") == "address_refused"
    assert sender(*LOCAL).send(receiver.url(), b"{}", "s") == "delivered"


def test_plain_http_goes_to_listed_networks_only() -> None:
    public = sender(*LOCAL, resolved=lambda _: [ip_address("8.8.8.8")])
    assert public.send("http://looks-good.example/", b"{}", "s") == "address_refused"


def test_one_private_answer_among_public_ones_is_enough_to_refuse() -> None:
    mixed = sender(resolved=lambda _: [ip_address("8.8.8.8"), ip_address("10.0.0.1")])
    assert mixed.send("https://looks-good.example/", b"{}", "s") == "address_refused"


def test_a_name_that_answers_differently_the_second_time_leads_nowhere_else(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The classic: a public answer for the check, a private one for the connection."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: object, port: object, *more: object, **options: object) -> object:
        if host != "rebinding.example":
            return real(host, port, *more, **options)  # type: ignore[arg-type]
        asked.append(str(host))
        address = "127.0.0.1" if len(asked) == 1 else "127.9.9.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    only = (ip_network("127.0.0.1/32"),)
    assert sender(*only).send(receiver.url("rebinding.example"), b"{}", "s") == "delivered"
    assert asked == ["rebinding.example"]
    assert sender(*only).send(receiver.url("rebinding.example"), b"{}", "s") == "address_refused"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answers.append((status, {"Location": receiver.url(path="/elsewhere")}))
    assert sender(*LOCAL).send(receiver.url(), b"{}", "s") == f"status_{status}"
    assert [path for path, _, _ in receiver.came] == ["/hook"]


def test_what_is_sent_is_a_post_with_the_signature(receiver: Receiver) -> None:
    assert sender(*LOCAL).send(receiver.url(path="/a?b=c"), b'{"n":1}', "t=1,v1=ab") == "delivered"
    ((path, headers, body),) = receiver.came
    assert (path, body, headers["Facekeep-Signature"]) == ("/a?b=c", b'{"n":1}', "t=1,v1=ab")
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert headers["Content-Type"] == "application/json"


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        connection.sendall(f"X-{number}: y\r\n".encode())
        time.sleep(0.05)


def endless_interim(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.01)


def silent(connection: socket.socket) -> None:
    connection.settimeout(5)
    while connection.recv(1_000):
        pass


IN_CLEAR = {drip: "delivered", endless_interim: "timed_out"}  # the first line of one says that it was taken


@pytest.mark.parametrize("answer", [drip, endless_interim, silent])
@pytest.mark.parametrize(("scheme", "expected"), [("http", None), ("https", "tls_failed")])
def test_a_receiver_that_never_ends_costs_a_bounded_time(answer: object, scheme: str, expected: str | None) -> None:
    with raw_server(answer) as port:  # type: ignore[arg-type]
        began = time.monotonic()
        outcome = sender(*LOCAL, timeout_s=0.5).send(f"{scheme}://127.0.0.1:{port}/", b"{}", "s")
        assert time.monotonic() - began < 3
    assert outcome == ("timed_out" if answer is silent else expected or IN_CLEAR[answer])


def huge_headers(connection: socket.socket) -> None:
    connection.recv(10_000)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n")


def huge_body(connection: socket.socket) -> None:
    connection.recv(10_000)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
    while True:
        connection.sendall(b"a" * 100_000)


def nonsense(connection: socket.socket) -> None:
    connection.recv(10_000)
    connection.sendall(b"\x00\xff nonsense\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(huge_headers, "connection_failed"), (huge_body, "delivered"), (nonsense, "connection_failed")],
)
def test_no_answer_is_read_further_than_its_status(answer: object, outcome: str) -> None:
    with raw_server(answer) as port:  # type: ignore[arg-type]
        assert sender(*LOCAL).send(f"http://127.0.0.1:{port}/", b"{}", "s") == outcome


def test_nobody_listening_is_a_failed_connection(receiver: Receiver) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        assert sender(*LOCAL).send(url, b"{}", "s") == "connection_failed"


def test_tls_is_verified_against_the_host_name(tmp_path: Path) -> None:
    both, alone = self_signed(tmp_path, "hook.example")

    def here(_: WebhookUrl) -> list[object]:
        return [ip_address("127.0.0.1")]

    with running_receiver(both) as receiver:
        trusting = sender(*LOCAL, resolved=here, ca_file=str(alone))
        assert trusting.send(receiver.url("hook.example", "https"), b"{}", "s") == "delivered"
        assert trusting.send(receiver.url("other.example", "https"), b"{}", "s") == "tls_failed"
        assert trusting.send(receiver.url("127.0.0.1", "https"), b"{}", "s") == "tls_failed"
        assert sender(*LOCAL, resolved=here).send(receiver.url("hook.example", "https"), b"{}", "s") == "tls_failed"
    assert len(receiver.came) == 1
    assert receiver.came[0][1]["Host"] == f"hook.example:{receiver.port}"


def test_tls_is_checked_however_the_context_came_about() -> None:
    context = trusted("")
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("network", ["10.0.0.0/33", "10.0.0.1/8", "everything", ""])
def test_a_network_that_is_none_is_an_invalid_setting(network: str) -> None:
    with pytest.raises(FacekeepError, match="invalid_setting"):
        parse_networks([network])


@pytest.mark.parametrize("url", ["https://hooks.example.org/a?b=c", "https://[nonsense", "https://user@example.org/"])
def test_an_address_stays_in_no_cache_of_the_server(url: str) -> None:
    """Python remembers what it split last; whoever reads the memory of the idle server would, too."""
    urlsplit(url.replace("[", ""))
    assert urlsplit.cache_info().currsize > 0
    with suppress(FacekeepError):
        parse_url(url)
    assert urlsplit.cache_info().currsize == 0
