"""The sibling search: who else acts like that, which acts ask no more, which customers have the same wide setting."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from facekeep.service.incident.report import SiblingActor, SiblingCheck, Siblings, SiblingSetting
from facekeep.service.incident.tally import Counting
from facekeep.vault.wire import ActChecks, CustomerSettings, SettingsRead

_ALIKE = 0.5  # of the suspects' acts, so many at least
_MOST = 200


def siblings(counting: Counting, settings: SettingsRead, affected: frozenset[str], doctor: Any) -> Siblings:
    """What looks like the suspects' way elsewhere. Without suspects there is no pattern to look for."""
    return Siblings(
        actors=() if counting.suspects.is_everybody else _actors(counting),
        checks=_checks(settings.acts, counting.suspects_acts),
        settings=_settings(settings.customers, affected),
        doctor=doctor,
    )


def _actors(counting: Counting) -> tuple[SiblingActor, ...]:
    """Who did everything that the suspects did, and at least half as often."""
    pattern = counting.suspects_acts
    if not pattern:
        return ()
    found = (
        SiblingActor(customer=customer, actor=actor, acts=dict(acts.most_common()))
        for (customer, actor), acts in sorted(counting.acts_of.items())
        if actor not in counting.suspects_ids and _is_alike(acts, pattern)
    )
    return tuple(found)[:_MOST]


def _is_alike(acts: Counter[str], pattern: Counter[str]) -> bool:
    return all(acts[act] for act in pattern) and acts.total() >= _ALIKE * pattern.total()


def _checks(every: Sequence[ActChecks], used: Counter[str]) -> tuple[SiblingCheck, ...]:
    return tuple(
        SiblingCheck(
            act=one.act,
            roles=one.roles,
            asks_presence=one.asks_presence,
            same_checks=tuple(other.act for other in every if other is not one and _asks_no_more(other, one)),
        )
        for one in every
        if used[one.act]
    )


def _asks_no_more(other: ActChecks, one: ActChecks) -> bool:
    return set(other.roles) >= set(one.roles) and (one.asks_presence or not other.asks_presence)


def _settings(every: Sequence[CustomerSettings], affected: frozenset[str]) -> tuple[SiblingSetting, ...]:
    """The wide settings of the affected customers, with everybody who has them."""
    wide: dict[str, Callable[[CustomerSettings], bool]] = {
        "collections searched without a case": lambda one: one.without_case > 0,
        "collections searched without a reveal": lambda one: one.without_reveal > 0,
        "sign-in by password": lambda one: one.rules.password_sign_in,
    }
    found = {name: tuple(one.customer for one in every if has(one)) for name, has in wide.items()}
    return tuple(
        SiblingSetting(setting=name, customers=customers)
        for name, customers in found.items()
        if affected & set(customers)
    )
