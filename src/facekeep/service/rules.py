"""An organization's own rules: what cases are for, what needs a second person, and budgets."""

from collections.abc import Mapping

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.service.keep import Keep
from facekeep.terms import SessionToken
from facekeep.vault.wire import Rules, RulesShown, SetRules, ShowRules

__all__ = ["Rules", "set_rules", "show_rules"]


def show_rules(keep: Keep, session: SessionToken) -> Rules:
    """The rules as they are now."""
    return keep.vault.call(ShowRules(session=session), RulesShown).rules


def set_rules(keep: Keep, session: SessionToken, given: Mapping[str, object]) -> Rules:
    """Replace the rules, all of them: those given by name, and the defaults of the others."""
    try:
        rules = msgspec.convert(given, Rules)
    except msgspec.ValidationError as error:
        raise BadInput(Code.INVALID_REQUEST, f"rules: {error}") from error
    return keep.vault.call(SetRules(session=session, rules=rules), RulesShown).rules
