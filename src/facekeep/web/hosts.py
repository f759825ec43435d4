"""Which host names this server answers to: the defence against DNS rebinding on a machine of one's own.

A web page can make a browser send requests to 127.0.0.1 under the page's own host name; the `Host` header then tells.
"""

from collections.abc import Collection

from facekeep.errors import BadInput, Code
from facekeep.settings import is_loopback

_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def allowed_hosts(bound_to: str, configured: Collection[str]) -> frozenset[str] | None:
    """The host names to answer to, or None for any: a server bound to an outside address without a list of names."""
    if not configured and not is_loopback(bound_to):
        return None
    return frozenset(name.lower() for name in configured) | _OWN_NAMES | {bound_to.lower()}


def check_host(untrusted_host: str, allowed: frozenset[str] | None) -> None:
    """Nothing, if the request was meant for this server. Raises `invalid_request`."""
    if allowed is not None and _name_of(untrusted_host) not in allowed:
        raise BadInput(Code.INVALID_REQUEST, "this server does not answer to that host name")


def _name_of(untrusted_host: str) -> str:
    """The host without its port: `[::1]:8470` is `::1`."""
    host = untrusted_host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]

