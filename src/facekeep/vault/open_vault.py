"""Everything a vault holds while it is unsealed; dropping it is what sealing means."""

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facekeep.errors import Code, FacekeepError, Refused, Unavailable
from facekeep.ledger.note import VerifierKey, parse_verifier_key
from facekeep.settings import BackupSettings, LogSettings, SignalSettings
from facekeep.terms import Role
from facekeep.vault import files, score_meaning
from facekeep.vault.alarm_hook import AlarmHook
from facekeep.vault.batches import Batches
from facekeep.vault.canaries.placing import Placing
from facekeep.vault.canaries.register import Register
from facekeep.vault.canaries.surroundings import Surroundings
from facekeep.vault.carried import carried
from facekeep.vault.cases import forgetting
from facekeep.vault.clock import day_number
from facekeep.vault.database import Database
from facekeep.vault.freezes import Freezes
from facekeep.vault.grants import Grants
from facekeep.vault.identity import Guesses, Sessions, api_keys, members, organizations
from facekeep.vault.identity.api_keys import Limits
from facekeep.vault.identity.passkeys import RelyingParty
from facekeep.vault.identity.tickets import Tickets
from facekeep.vault.identity.tries import Tries
from facekeep.vault.journal import KEEP, Journal, read_anchor
from facekeep.vault.keys import derive, fresh_id, fresh_key, unwrap, wrap
from facekeep.vault.log import Log
from facekeep.vault.log_fuse import DiskHangs
from facekeep.vault.log_padding import missing_from_bucket, padding
from facekeep.vault.reseal import Jobs
from facekeep.vault.score_meaning import ScoreTable
from facekeep.vault.shelf import ORGANIZATIONS, Shelf
from facekeep.vault.signals import coverage
from facekeep.vault.signals.tallies import HISTORY_HOURS, Tallies
from facekeep.vault.standing import endings
from facekeep.vault.standing.due import Comparisons
from facekeep.vault.wire import Checkpoint, Contract

if TYPE_CHECKING:
    from facekeep.vault.backup.making import UnderWay

_ORIGIN_PREFIX = "facekeep/"
LOG_KEY = "log key"
OLDER_LOG_KEYS = "older_log_keys"


class OpenVault:
    """The unsealed state. `lock` guards all of it but the numerics of an opened search."""

    def __init__(
        self,
        folder: Path,
        root: bytes,
        generation: int = 0,
        log: LogSettings = LogSettings(),  # noqa: B008  frozen
        relying_party: RelyingParty = RelyingParty(),  # noqa: B008  frozen
        *,
        alarm_hook: AlarmHook | None = None,
        surroundings: Surroundings | None = None,
        signals: SignalSettings = SignalSettings(),  # noqa: B008  frozen
        horizon_hours: int = BackupSettings().horizon_hours,
    ) -> None:
        self.signals = signals
        self.alarm_hook = alarm_hook
        self.surroundings = surroundings or Surroundings(folder.parent)
        self.seal_because = ""
        self.horizon_hours = horizon_hours
        self.backup: UnderWay | None = None
        self.relying_party = relying_party
        self.lock = threading.RLock()
        self.is_closed = False
        self._bucket = log.bucket
        self._swept_on = 0
        with ExitStack() as undo:  # what cannot be opened whole lets go of its files, so that it can be tried again
            self.database = files.open_database(folder, generation, root)
            undo.callback(self.database.close)
            self.folder = folder
            self._hang_on(root, generation)
            self.shelf = Shelf(self.database, root)
            size, anchor_root = read_anchor(self.database)
            self.log = Log.open(
                folder / "log",
                signing_key=self._signing_key(),
                origin=self._origin(),
                expected_size=size,
                expected_root=anchor_root,
            )
            undo.callback(self.log.close)
            self.log.older_keys = self._older_log_keys()
            self.journal = Journal(self.database, self.log, self.shelf)
            self.freezes = Freezes(self.database)
            self.tallies = Tallies(self.database)
            self.sessions = Sessions(self.freezes)
            self.guesses = Guesses()
            self.tickets = Tickets()
            self.tries = Tries()
            self.batches = Batches(self.database)
            self.grants = Grants()
            self.jobs = Jobs(self.database)
            self.comparisons = Comparisons()
            self.canaries = Register(self.database)
            self.placing = Placing()
            self._quarantined = self.database.row("SELECT 1 FROM meta WHERE name = 'quarantine'") is not None
            self._tables: dict[str, ScoreTable | None] = {}
            undo.pop_all()
        files.remove_others(folder, generation)

    def move_to(self, copy: Database, root: bytes, generation: int) -> None:
        """Go on in a copy of the database that hangs on a new root key. Under the lock; cannot fail half-way."""
        self.database.take_over(copy)
        self._hang_on(root, generation)
        self.shelf.change_root(root)
        self.journal.forget_keys(KEEP)
        files.remove_others(self.folder, generation)

    def _hang_on(self, root: bytes, generation: int) -> None:
        self.root, self.generation = root, generation
        self.credential_key = carried(self.database, KEEP, root, "credentials")
        self.second_factor_key = carried(self.database, KEEP, root, "second factors")

    def close(self) -> None:
        """Publish what is written, remember how far the log came, and drop everything."""
        with self.lock:
            self.is_closed = True
            try:
                if not self.log.broken:
                    self.settle()
            except FacekeepError:
                pass  # what was acknowledged is durable already; a checkpoint less is not a loss
            finally:
                self.database.close()
                self.log.close()

    @property
    def state(self) -> str:
        """`open`, or `waiting` while the disk of the log does not answer: keys are held, and nothing is opened."""
        return "waiting" if self.log.broken else "open"

    def refuse_when_closed(self) -> None:
        """Raise Unavailable: `vault_sealed` for whoever waited for the lock during the sealing, or `DiskHangs`."""
        if self.is_closed:
            raise Unavailable(Code.VAULT_SEALED, "the vault was sealed")
        if self.log.waits:
            raise DiskHangs

    def settle(self) -> None:
        """Publish a checkpoint and remember it; the log grows by whole buckets from one to the next."""
        grown = self.log.size - self.log.published_size
        self.log.publish(padding(missing_from_bucket(grown, self._bucket)))
        with self.database.transaction():
            self.tallies.save()
            self.journal.save_anchor()

    def checkpoint(self) -> Checkpoint:
        """The newest published checkpoint, the key to check it with, and how that key came to be the log's."""
        handovers = self.database.rows("SELECT note FROM log_handovers ORDER BY number")
        return Checkpoint(
            note=self.log.checkpoint(),
            verifier_key=self.log.verifier_key,
            handovers=tuple(note for (note,) in handovers),
        )

    def sweep(self) -> None:
        """End the standing searches and forget the cases and counts whose time has come."""
        endings.sweep(self.database, self.journal)
        forgetting.sweep(self.database, self.journal)
        self.freezes.forget_sessions(self.sessions.ids())
        if self._swept_on != day_number():
            with self.database.transaction():
                coverage.forget_old(self.database, self.signals)
                self.tallies.save()
                self.tallies.forget_before(24 * day_number() - HISTORY_HOURS)
            self._swept_on = day_number()

    def bootstrap(self, organization: str, member: str) -> str:
        """The first organization with a member of every role; returns its API key, to be shown once."""
        with self.database.transaction():
            org_id = self.add_organization(organization)
            member_id = members.add(self.database, org_id, member, Role)
            api_key = api_keys.issue(self.database, self.credential_key, member_id, Limits(name="first key"))
        self.journal.write(KEEP, "operator", "vault.initialize", "done", {})
        self.settle()
        return api_key.text

    def add_organization(self, name: str) -> str:
        """One more organization under a key of its own; returns its id. Inside a transaction."""
        org_id = fresh_id("org")
        wrapped = wrap(derive(self.root, ORGANIZATIONS), fresh_key(), org_id)
        organizations.add(self.database, org_id, name, wrapped)
        return org_id

    def forget_organization(self, org_id: str) -> None:
        """Drop what memory holds of an organization that was shredded, and fold its rows out of the files."""
        self.shelf.forget_organization(org_id)
        self.tallies.forget_unsaved()
        self.journal.forget_organization(org_id)
        self.sessions.end_where(lambda caller: caller.org_id == org_id)
        self.grants.forget_organization(org_id)
        self.comparisons.forget_organization(org_id)
        self.batches.discard_organization(org_id)
        self.freezes.reload()
        self.database.forget_old_pages()

    def change_org_key(self, org_id: str, key: bytes) -> None:
        """Go on under an organization's new key, and let pages that held the old ones be overwritten."""
        self.shelf.change_org_key(org_id, key)
        self.journal.forget_keys(org_id)
        self.database.forget_old_pages()

    @property
    def last_backup_at(self) -> str:
        """When the newest backup was made, in ISO 8601; empty before the first."""
        found = self.database.row("SELECT value FROM meta WHERE name = 'last_backup'")
        return str(found[0], "ascii") if found else ""

    @property
    def is_quarantined(self) -> bool:
        """Whether the search tier gave a forged answer that nobody has looked into yet."""
        return self._quarantined

    def refuse_while_quarantined(self) -> None:
        """Raise Refused `quarantined` until an operator has cleared the alarm."""
        if self.is_quarantined:
            raise Refused(Code.QUARANTINED, "searching is stopped after an alarm; an operator must look into it")

    def quarantine(self) -> None:
        """Stop searching until an operator clears it; survives a restart."""
        self._quarantined = True
        with self.database.transaction():
            self.database.run("INSERT OR REPLACE INTO meta VALUES ('quarantine', x'01')")
            self.journal.save_anchor()

    def clear_quarantine(self) -> None:
        """Let searches in again."""
        with self.database.transaction():
            self.database.run("DELETE FROM meta WHERE name = 'quarantine'")
        self._quarantined = False

    def score_table(self, contract: Contract) -> ScoreTable | None:
        """What a score means for this model: the operator's own table, else the shipped one, else None."""
        if contract.name not in self._tables:
            own = self.database.row("SELECT value FROM meta WHERE name = ?", f"scores/{contract.name}")
            self._tables[contract.name] = (
                score_meaning.parse_table(own[0]) if own else score_meaning.load_shipped(contract.name)
            )
        table = self._tables[contract.name]
        return table if table is not None and table.contract == contract else None

    def install_score_table(self, untrusted_table: bytes) -> str:
        """Keep an operator's own table; returns the name of its model contract."""
        table = score_meaning.parse_table(untrusted_table)
        with self.database.transaction():
            self.database.run(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)", f"scores/{table.contract.name}", msgspec.json.encode(table)
            )
        self._tables.pop(table.contract.name, None)
        return table.contract.name

    def _signing_key(self) -> Ed25519PrivateKey:
        """The log's key: random, made once, kept wrapped."""
        found = self.database.row("SELECT value FROM meta WHERE name = 'log_key'")
        if found is not None:
            return Ed25519PrivateKey.from_private_bytes(unwrap(derive(self.root, LOG_KEY), found[0], LOG_KEY))
        key = Ed25519PrivateKey.generate()
        with self.database.transaction():
            wrapped = wrap(derive(self.root, LOG_KEY), key.private_bytes_raw(), LOG_KEY)
            self.database.run("INSERT INTO meta VALUES ('log_key', ?)", wrapped)
        return key

    def _older_log_keys(self) -> tuple[VerifierKey, ...]:
        """Public keys that signed the log's checkpoints before this one, oldest first."""
        found = self.database.row("SELECT value FROM meta WHERE name = ?", OLDER_LOG_KEYS)
        return tuple(parse_verifier_key(one) for one in found[0].decode().split("\n")) if found else ()

    def _origin(self) -> str:
        """The log's name in checkpoints: random, so that it tells nothing of whose it is."""
        found = self.database.row("SELECT value FROM meta WHERE name = 'log_origin'")
        if found is not None:
            return str(found[0], "ascii")
        origin = _ORIGIN_PREFIX + fresh_id("log")
        with self.database.transaction():
            self.database.run("INSERT INTO meta VALUES ('log_origin', ?)", origin.encode())
        return origin
