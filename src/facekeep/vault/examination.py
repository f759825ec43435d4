"""What the vault alone knows of how a keep is set up, as counts. Reads; changes nothing but the log.

Counts are over all organizations together: an operator learns that there is an admin nobody used, not whose. Decoys are
left out of all but their own count.
"""

import msgspec
import sqlcipher3

from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.canaries.files import FILES
from facekeep.vault.canaries.register import Kind
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database
from facekeep.vault.identity import callers
from facekeep.vault.journal import KEEP
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.schema import STEPS, statements
from facekeep.vault.wire.rules import Rules

_TABLES = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
_NEVER_SET = b"\x80"  # the empty map that a new organization's rules are
_LONGEST_RETENTION_DAYS = 3 * 365
_WIDEST_BUDGET = 20_000


def examine(vault: OpenVault, message: wire.Examine) -> wire.Examination:
    """The answer to `Examine`, with the entry that was written before anything was read."""
    last_entry_at = _last_entry_at(vault)
    entry = vault.journal.write(KEEP, "operator", "keep.examine", "done", {})
    database = vault.database
    sql = "SELECT rules FROM organizations WHERE org_id NOT IN (SELECT name FROM canary_names)"
    rules = [raw for (raw,) in database.rows(sql)]
    known = [msgspec.msgpack.decode(raw, type=Rules) for raw in rules]
    return wire.Examination(
        entry=entry,
        schema_is_ours=database.rows(_TABLES) == _expected_tables(),
        organizations=len(rules),
        keys_expiring=_keys(database, "expires_at BETWEEN ? AND ?", timestamp(), timestamp(days=message.soon_days)),
        keys_without_end=_keys(database, "expires_at IS NULL"),
        keys_unused=_keys(database, *_idle("k.created_at", "coalesce(k.used_on, '')", message.idle_days)),
        admins_unused=_admins_unused(database, message.idle_days),
        single_admins=sum(count == 1 for count in _admins(database).values()),
        people_without_passkey=_people_without_passkey(database),
        rules_never_set=sum(raw == _NEVER_SET for raw in rules),
        retention_over_years=sum(one.case_retention_days > _LONGEST_RETENTION_DAYS for one in known),
        budgets_wide_open=sum(_is_wide_open(one) for one in known),
        open_evaluations=_open_evaluations(database),
        has_own_score_table=database.row("SELECT 1 FROM meta WHERE name LIKE 'scores/%'") is not None,
        decoys_missing=_decoys_missing(vault),
        alarms_open=_count(database, "SELECT count(*) FROM alarms WHERE acknowledged_at IS NULL AND is_drill = 0"),
        last_backup_at=_last_backup_at(database),
        last_entry_at=last_entry_at,
    )


def note_accepted(vault: OpenVault, message: wire.NoteAccepted) -> wire.Done:
    """The answer to `NoteAccepted`."""
    facts: dict[str, str | int | float | bool | None] = {"check": message.check, "reason": message.reason}
    return wire.Done(entry=vault.journal.write(KEEP, "operator", "doctor.accept", "done", facts))


def _last_entry_at(vault: OpenVault) -> str:
    last = vault.journal.last_number(KEEP)
    found = vault.journal.read(KEEP, last, 1)[0] if last >= 0 else []
    return found[0].at if found else ""


def _expected_tables() -> list[tuple[object, ...]]:
    """What the steps of this version make of an empty database."""
    fresh = sqlcipher3.connect(":memory:", isolation_level=None)
    try:
        for step in STEPS:
            for statement in statements(step):
                fresh.execute(statement)
        return list(fresh.execute(_TABLES).fetchall())
    finally:
        fresh.close()


def _decoys_missing(vault: OpenVault) -> int:
    """Kinds of the decoys that a keep has from its first opening. The gallery's follow when there is one to be like."""
    wanted = vault.surroundings.settings
    kinds = set(Kind) - {Kind.COLLECTION, Kind.BLOCK} - (set() if wanted.files else set(FILES))
    live = vault.canaries.live()
    unwatched = {one.kind for one in live if "." in one.thing and one.thing not in vault.surroundings.watch.names}
    return len((kinds - {one.kind for one in live}) | unwatched) if wanted.armed else 0


def _last_backup_at(database: Database) -> str:
    """When the newest backup was made, as the vault noted it; empty where there was none."""
    found = database.row("SELECT value FROM meta WHERE name = 'last_backup'")
    return str(found[0], "ascii") if found else ""


def _count(database: Database, sql: str, *values: object) -> int:
    found = database.row(sql, *values)
    return int(found[0]) if found else 0


def _keys(database: Database, condition: str, *values: object) -> int:
    sql = (
        "SELECT count(*) FROM api_keys k JOIN members m USING (member_id) WHERE k.revoked_at IS NULL"
        " AND m.removed_at IS NULL AND m.org_id NOT IN (SELECT name FROM canary_names)"
        " AND coalesce(k.expires_at, '9') > ? AND "
    )
    return _count(database, sql + condition, timestamp(), *values)


def _idle(created_at: str, used_on: str, days: int) -> tuple[str, str, str]:
    """A condition for what is older than so many days and was not used in them, with its values."""
    long_ago = timestamp(days=-days)
    return f"{created_at} < ? AND {used_on} < ?", long_ago, long_ago[:10]


def _admins(database: Database) -> dict[str, int]:
    """How many live admins each organization has."""
    counts: dict[str, int] = {}
    sql = "SELECT org_id, roles FROM members WHERE removed_at IS NULL AND org_id NOT IN (SELECT name FROM canary_names)"
    for org_id, roles in database.rows(sql):
        counts[org_id] = counts.get(org_id, 0) + (Role.ADMIN in callers.read(roles))
    return counts


def _admins_unused(database: Database, days: int) -> int:
    """Admins who came long ago and have used no credential of theirs since long."""
    sql = (
        "SELECT m.roles, max("
        " coalesce((SELECT max(used_on) FROM api_keys k WHERE k.member_id = m.member_id), ''),"
        " coalesce((SELECT max(used_on) FROM passkeys p WHERE p.account_id = m.account_id), ''),"
        " coalesce((SELECT date(max(last_step) * 30, 'unixepoch') FROM passwords w"
        " WHERE w.account_id = m.account_id), ''))"
        " AS last FROM members m WHERE m.removed_at IS NULL AND m.org_id NOT IN (SELECT name FROM canary_names) AND "
    )
    condition, *values = _idle("m.created_at", "last", days)
    return sum(Role.ADMIN in callers.read(roles) for roles, _ in database.rows(sql + condition, *values))


def _people_without_passkey(database: Database) -> int:
    sql = (
        "SELECT count(DISTINCT account_id) FROM members m WHERE account_id IS NOT NULL AND removed_at IS NULL"
        " AND m.org_id NOT IN (SELECT name FROM canary_names) AND"
        " NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.account_id = m.account_id AND p.revoked_at IS NULL)"
    )
    return _count(database, sql)


def _is_wide_open(rules: Rules) -> bool:
    budgets = (rules.searches_a_day_by_person, rules.searches_a_day_in_case, rules.searches_a_day)
    return max(budgets) > _WIDEST_BUDGET


def _open_evaluations(database: Database) -> int:
    """Collections for evaluation, which are searched without case and budget."""
    sql = "SELECT policy FROM collections WHERE org_id NOT IN (SELECT name FROM canary_names)"
    return sum(msgspec.msgpack.decode(raw, type=wire.Policy).evaluation for (raw,) in database.rows(sql))
