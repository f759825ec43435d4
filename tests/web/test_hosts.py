"""Which host names are answered: DNS rebinding must find nobody at home."""

import pytest

from facekeep.errors import BadInput
from facekeep.web.hosts import allowed_hosts, check_host

OWN = allowed_hosts("127.0.0.1", ())


@pytest.mark.parametrize("host", ["127.0.0.1:8470", "127.0.0.1", "localhost:1", "LocalHost", "[::1]:8470", "[::1]"])
def test_the_machines_own_names_are_answered(host):
    check_host(host, OWN)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example:8470", "localhost.evil.example", "127.0.0.2", "["]
)
def test_foreign_names_are_refused_on_a_server_of_ones_own(host):
    with pytest.raises(BadInput):
        check_host(host, OWN)


def test_configured_names_are_answered_and_others_are_not():
    allowed = allowed_hosts("0.0.0.0", ("Faces.Example",))
    check_host("faces.example:443", allowed)
    with pytest.raises(BadInput):
        check_host("evil.example", allowed)


def test_an_outside_address_without_names_takes_any():
    assert allowed_hosts("0.0.0.0", ()) is None
    check_host("whatever", None)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_addresses_are_ones_own(address):
    assert allowed_hosts(address, ()) is not None
