"""Where a webhook may lead: the syntax of its URL, and which addresses may be connected to.

A name is resolved once, the answer is checked, and the connection is made to the very address that was checked, so
that a name that answers differently the next time leads nowhere else.
"""

import re
import socket
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from facekeep.errors import BadInput, Code

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_LONGEST = 500
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"({_LABEL}\.)*{_LABEL}")
_LAST_LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_PUBLIC_6 = IPv6Network("2000::/3")
# Within those: Teredo (RFC 4380) and 6to4 (RFC 3056), which stand for addresses of IPv4, and documentation (RFC 9637).
_NOT_PUBLIC_6 = (IPv6Network("2001::/32"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """The parts of a webhook's URL. `host` is a name in lower case, or an address without brackets."""

    is_https: bool
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_https else 80) else f"{host}:{self.port}"


def parse_url(untrusted_url: str) -> WebhookUrl:
    """The parts of an http or https URL with a name, or an address in its usual writing; no user, no fragment.

    Raises
    ------
    BadInput
        `invalid_request`. A number in another writing (`0x7f.1`, `2130706433`) is no name.
    """
    if len(untrusted_url) > _LONGEST or not re.fullmatch(r"https?://[!-~]+", untrusted_url):
        raise _refused("expected an https:// address of printable ASCII characters")
    try:
        parts = urlsplit(untrusted_url)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError:
        raise _refused("the address cannot be read") from None
    finally:
        urllib.parse.clear_cache()  # type: ignore[attr-defined]  # or what was split last stays in memory for good
    if "@" in parts.netloc or "#" in untrusted_url or "\\" in untrusted_url:
        raise _refused("the address must have no user, no fragment and no backslash")
    if port == 0 or not _is_host(host):
        raise _refused("the address names no host that could be looked up")
    is_https = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebhookUrl(is_https, host, port or (443 if is_https else 80), target)


def parse_networks(given: Iterable[str]) -> tuple[Network, ...]:
    """Networks of the settings. Raises BadInput `invalid_setting`."""
    try:
        return tuple(ip_network(one) for one in given)
    except ValueError as error:
        raise BadInput(Code.INVALID_SETTING, f"webhooks.allow_networks: {error}") from error


def resolve(url: WebhookUrl) -> list[Address]:
    """Every address that the host has now. Raises OSError where it has none."""
    found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    return [ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]


def is_listed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether the operator lists this address."""
    return any(address in network for network in allowed)


def is_public(address: Address) -> bool:
    """Whether this is an address of the public Internet: not private, loopback, link-local, multicast or shared."""
    if isinstance(address, IPv6Address):
        inside = address in _PUBLIC_6 and not any(address in one for one in _NOT_PUBLIC_6)
        return inside and address.is_global and not address.is_multicast
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_host(host: str) -> bool:
    try:
        return ip_address(host) is not None and "%" not in host
    except ValueError:
        return len(host) <= 253 and _NAME.fullmatch(host) is not None and _ends_like_a_name(host)


def _ends_like_a_name(host: str) -> bool:
    """No top-level name begins with a digit; what looks like one is an address in another writing."""
    return _LAST_LABEL.fullmatch(host.rpartition(".")[2]) is not None


def _refused(why: str) -> BadInput:
    return BadInput(Code.INVALID_REQUEST, f"url: {why}")
