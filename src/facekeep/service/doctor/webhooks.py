"""Where deliveries of webhooks may go."""

from collections.abc import Iterator

from facekeep.service.addresses import Network, parse_networks
from facekeep.service.doctor.finding import Problem, Severity, check, set_command
from facekeep.service.doctor.subject import Subject

_WIDEST = {4: 8, 6: 32}  # bits of a network that is still somebody's own
_NEVER = parse_networks(("127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10"))


@check(
    "webhooks-anywhere",
    Severity.BLOCKER,
    finds="a network in the allow-list of webhooks that covers everything, or nearly",
    allows="an admin of any organization to have this machine speak to any address of your network, without TLS",
)
def webhooks_anywhere(subject: Subject) -> Iterator[Problem]:
    """Networks wider than anybody's own."""
    for network in parse_networks(subject.settings.webhooks.allow_networks):
        if network.prefixlen < _WIDEST[network.version]:
            yield _taken_out(subject, network, "covers nearly everything")


@check(
    "webhooks-to-self",
    Severity.WARNING,
    finds="a network in the allow-list of webhooks that holds this machine, or a cloud's metadata service",
    allows="an admin of any organization to have this machine speak to its own closed services",
)
def webhooks_to_self(subject: Subject) -> Iterator[Problem]:
    """Loopback and link-local addresses."""
    for network in parse_networks(subject.settings.webhooks.allow_networks):
        if network.prefixlen >= _WIDEST[network.version] and any(_meet(network, one) for one in _NEVER):
            yield _taken_out(subject, network, "holds addresses of this machine or its surroundings")


def _meet(one: Network, other: Network) -> bool:
    return one.version == other.version and (one.network_address in other or other.network_address in one)


def _taken_out(subject: Subject, network: Network, why: str) -> Problem:
    rest = [one for one in subject.settings.webhooks.allow_networks if parse_networks((one,)) != (network,)]
    fix = set_command(subject, "webhooks.allow_networks", str(rest).replace("'", '"'))
    return Problem(f"webhooks.allow_networks has {network}, which {why}", fix)
