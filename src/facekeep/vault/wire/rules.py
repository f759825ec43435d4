"""An organization's own rules: what cases are for and how long they last, what needs a second person, and budgets."""

from typing import Annotated

import msgspec

from facekeep.terms import SessionToken
from facekeep.vault.wire.base import Id, Message, Name

Limit = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
PURPOSES = (
    "Missing person",
    "Family tracing",
    "Identification of the dead",
    "Investigation of a crime",
    "Protection of a person in danger",
    "Archive research",
    "Testing and training",
)


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an organization set for itself; every field has a default, and what was never set follows it.

    `purposes` are what a case may be for. A case lasts `case_days` at most before it must be extended; its records are
    forgotten `case_retention_days` after its end. A search of one of `approval_collections` needs the approval of a
    second person, which holds for `approval_hours`. The others are searches allowed a day (UTC): to one member, in one
    case, of one collection, and in all. `password_sign_in`: members may sign in with a password and a code of an
    authenticator app; passkeys always can.
    """

    purposes: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=50)] = PURPOSES
    case_days: Annotated[int, msgspec.Meta(ge=1, le=3_660)] = 90
    case_retention_days: Annotated[int, msgspec.Meta(ge=0, le=3_660)] = 30
    approval_collections: Annotated[tuple[Id, ...], msgspec.Meta(max_length=200)] = ()
    approval_hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 366)] = 72
    searches_a_day_by_person: Limit = 200
    searches_a_day_in_case: Limit = 500
    searches_a_day_of_collection: Limit = 2_000
    searches_a_day: Limit = 5_000
    password_sign_in: bool = False


class ShowRules(Message, frozen=True):
    """The caller's organization's rules."""

    session: SessionToken


class SetRules(Message, frozen=True):
    """Replace the rules, all of them, from now on."""

    session: SessionToken
    rules: Rules


class RulesShown(Message, frozen=True):
    """The rules as they are now."""

    rules: Rules
    entry: int = -1
