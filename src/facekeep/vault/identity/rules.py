"""The rules of an organization, as the vault keeps them."""

import msgspec

from facekeep.errors import BadInput, Code
from facekeep.vault.database import Database
from facekeep.vault.wire.rules import Rules


def load(database: Database, org_id: str) -> Rules:
    """The rules as they are now; what was never set has its default. Raises BadInput `not_found`."""
    found = database.row("SELECT rules FROM organizations WHERE org_id = ?", org_id)
    if found is None:
        raise BadInput(Code.NOT_FOUND, "no such organization")
    return msgspec.msgpack.decode(found[0], type=Rules)


def save(database: Database, org_id: str, rules: Rules) -> None:
    """Replace the rules. Inside a transaction."""
    database.run("UPDATE organizations SET rules = ? WHERE org_id = ?", msgspec.msgpack.encode(rules), org_id)
