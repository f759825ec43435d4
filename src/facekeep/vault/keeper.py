"""The vault as a process sees it: sealed or open, and what an operator may do."""

import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path

from facekeep import __version__
from facekeep.errors import BadInput, Code, FacekeepError, Refused, Unavailable
from facekeep.settings import BackupSettings, CanarySettings, LogSettings, SignalSettings
from facekeep.vault import dispatch, files, operations, seal, wire
from facekeep.vault.alarm_hook import AlarmHook
from facekeep.vault.backup import making, restoring
from facekeep.vault.canaries import arming
from facekeep.vault.canaries.surroundings import Surroundings
from facekeep.vault.identity.passkeys import RelyingParty
from facekeep.vault.journal import KEEP, must_seal
from facekeep.vault.log_fuse import DiskHangs
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.rotation import root as rotation
from facekeep.vault.seal import SealFile
from facekeep.vault.wire import Message

_BETWEEN_TRIES_SECONDS = 1.0
_CLOSING_SECONDS = 10.0
_LOOK_SECONDS = 1.0


class Keeper:
    """One vault folder. Thread-safe; unsealing and sealing happen one at a time."""

    def __init__(
        self,
        folder: Path,
        log: LogSettings = LogSettings(),  # noqa: B008  frozen
        relying_party: RelyingParty = RelyingParty(),  # noqa: B008  frozen
        *,
        alarm_hook: AlarmHook | None = None,
        canaries: CanarySettings = CanarySettings(),  # noqa: B008  frozen
        signals: SignalSettings = SignalSettings(),  # noqa: B008  frozen
        backup: BackupSettings = BackupSettings(),  # noqa: B008  frozen
    ) -> None:
        self._signals = signals
        self._horizon_hours = backup.horizon_hours
        self._folder = folder
        self._log = log
        self._surroundings = Surroundings(folder.parent, canaries)
        self._relying_party = relying_party
        self._alarm_hook = alarm_hook
        self._touched_while_shut: set[str] = set()
        self._open: OpenVault | None = None
        self._shares: list[str] = []
        self._lock = threading.Lock()
        self._swap = threading.Lock()
        self._closing: threading.Thread | None = None
        self._waiting: threading.Thread | None = None
        self._last_try = float("-inf")
        self._panics = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    # ---- the server's door ----

    def serve(self, message: Message) -> Message:
        """Answer a message of the server's. Raises Unavailable `vault_sealed` or `not_initialized` while shut."""
        if isinstance(message, wire.GetStatus):
            return self.status()
        vault = self._open
        if vault is None:
            raise self._why_shut()
        try:
            answer = dispatch.answer(vault, message)
        except FacekeepError as error:
            self._look_after(vault, error)
            self._seal_if_told(vault)
            raise
        self._seal_if_told(vault)
        vault.refuse_when_closed()  # what was worked out while the vault was sealed is not released
        return answer

    # ---- the operator's door ----

    def operate(self, message: Message) -> Message:
        """Answer a message of the operator's."""
        match message:
            case wire.GetStatus():
                return self.status()
            case wire.Initialize() | wire.Restore():
                return self._initialize(message) if isinstance(message, wire.Initialize) else self._restore(message)
            case wire.Unseal():
                return self._unseal(message)
            case wire.RotateRoot():
                return self._rotate_root(message)
            case wire.Seal() | wire.Panic():
                self.seal(by="operator") if isinstance(message, wire.Seal) else self.panic()
                return wire.Done()
        return self._operate_open(message)

    def _operate_open(self, message: Message) -> Message:
        vault = self._open
        if vault is None:
            raise self._why_shut()
        try:
            with nullcontext() if type(message) in operations.OWN_LOCK else vault.lock:
                vault.refuse_when_closed()
                return operations.answer(vault, message)
        except FacekeepError as error:
            self._look_after(vault, error)
            raise
        finally:
            self._seal_if_told(vault)

    def status(self) -> wire.Status:
        """Whether the vault is open, and how it is opened."""
        found, vault = seal.read(self._folder), self._open
        return wire.Status(
            state="uninitialized" if found is None else "sealed" if vault is None else vault.state,
            method=found.method if found else "",
            shares_given=len(self._shares),
            shares_needed=seal.THRESHOLD if found and found.method == "shares" else 0,
            quarantined=_is_quarantined(vault),
            version=__version__,
            last_backup_at=_last_backup_at(vault),
        )

    def seal(self, by: str = "keep") -> None:
        """Drop every key. What runs is answered with an error; what was acknowledged is durable."""
        with self._lock:
            with self._swap:
                vault, self._open, self._shares = self._open, None, []
            if vault is None:
                return
            with vault.lock:
                try:
                    if not vault.log.broken:
                        vault.journal.write(KEEP, by, "vault.seal", "done", {})
                except FacekeepError:
                    pass  # sealing must not wait for a log that cannot be written
                vault.close()

    def panic(self, by: str = "operator") -> None:
        """Answer with no key any more from now on. Waits for no lock that work is done under, and for no disk.

        What runs is thrown away when it asks for the lock or would answer. An unsealing under way comes to nothing.
        """
        with self._swap:
            self._panics += 1
            self._shares = []
            vault = self._open
        if vault is not None:
            self._seal_at_once(vault, f"{by}.panic")

    def _look_after(self, vault: OpenVault, error: FacekeepError) -> None:
        """Wait for a log that hangs, with the keys and without an answer for anybody; seal where it must not go on."""
        if vault.log.waits:
            with self._swap:
                if self._waiting is None or not self._waiting.is_alive():
                    self._waiting = threading.Thread(target=self._wait, args=(vault,), name="waiting", daemon=True)
                    self._waiting.start()
        elif must_seal(error) or vault.log.broken:
            self._seal_at_once(vault)

    def _wait(self, vault: OpenVault) -> None:
        """Go on once the log's disk has answered; seal where what hung ended badly. Somebody may seal it before."""
        while vault.log.waits:
            vault.log.settled()
            try:
                with vault.lock:
                    if not vault.is_closed:
                        vault.journal.resume()
            except DiskHangs:
                continue
            except FacekeepError as error:
                self._look_after(vault, error)

    def _seal_at_once(self, vault: OpenVault, why: str = "") -> None:
        """Answer nothing from this vault any more, and drop its keys as soon as its disk lets go of it.

        Closing writes to a disk that may not answer: whoever is to be told of an error must not wait for that.
        """
        with self._swap:
            if self._open is not vault:
                return
            self._open, self._shares = None, []
            vault.is_closed = True
            self._closing = threading.Thread(target=_close, args=(vault, why), name="closing", daemon=True)
            self._closing.start()

    def _await_closing(self) -> None:
        """Raise Unavailable `busy` where the vault that was open before still hangs on its disk."""
        with self._swap:  # whoever seals holds it until the thread that closes has begun
            closing = self._closing
        if closing is not None:
            closing.join(_CLOSING_SECONDS)
            if closing.is_alive():
                raise Unavailable(Code.BUSY, "the disk of the vault does not answer; start the vault anew")
            self._closing = None

    def publish_forever(self, stop: threading.Event) -> None:
        """Publish checkpoints at fixed intervals, and forget what is due, until `stop` is set.

        A full disk only puts it off.
        """
        interval_s, started = self._log.interval_s, time.monotonic()
        while not stop.wait(interval_s - (time.monotonic() - started) % interval_s):
            vault = self._open
            if vault is None:
                continue
            try:
                with vault.lock:
                    vault.refuse_when_closed()
                    vault.sweep()
                    making.destroy_expired(vault)
                    vault.settle()
            except DiskHangs as error:
                self._look_after(vault, error)
            except FacekeepError as error:
                if error.code not in (Code.VAULT_SEALED, Code.DISK_FULL):
                    self._seal_at_once(vault)

    def look_at_files(self, timeout_s: float) -> None:
        """Tell of decoy files that were touched; waits so long for one. What is touched while shut is told later."""
        touched, vault = self._surroundings.watch.touched(timeout_s), self._open
        if vault is None:
            self._touched_while_shut |= touched
        elif touched:
            with vault.lock:
                vault.refuse_when_closed()
                arming.tell_of_files(vault, touched)
            self._seal_if_told(vault)

    def begin_watching(self) -> None:
        """Watch decoy files from the next opening on. For the process that the vault is, and no other."""
        self._surroundings.watch.begin()

    def watch_files_forever(self, stop: threading.Event) -> None:
        """Look at decoy files until `stop` is set."""
        while not stop.is_set():
            try:
                self.look_at_files(_LOOK_SECONDS)
            except FacekeepError as error:
                if (vault := self._open) is not None:
                    self._look_after(vault, error)

    def _opened(self, root: bytes, generation: int) -> OpenVault:
        return OpenVault(
            self._folder,
            root,
            generation,
            self._log,
            self._relying_party,
            alarm_hook=self._alarm_hook,
            surroundings=self._surroundings,
            signals=self._signals,
            horizon_hours=self._horizon_hours,
        )

    def _arm(self, vault: OpenVault) -> None:
        """Decoys, where they are wanted and missing. A full disk puts it off to the next opening."""
        touched = self._touched_while_shut | self._surroundings.watch.touched(0)
        self._touched_while_shut = set()
        try:
            with vault.lock:
                arming.tell_of_files(vault, touched)
                arming.arm(vault)
                arming.watch_files(vault)
        except FacekeepError as error:
            if error.code is not Code.DISK_FULL:
                vault.close()
                raise

    def _seal_if_told(self, vault: OpenVault) -> None:
        """Seal where the policy on touched decoys says so. Raises Unavailable `vault_sealed`: nothing is answered."""
        if not vault.seal_because:
            return
        with vault.lock, suppress(FacekeepError):
            vault.refuse_when_closed()
            vault.journal.write(KEEP, "keep", "vault.seal", vault.seal_because, {})
        self._seal_at_once(vault)
        raise self._why_shut()

    def _initialize(self, message: wire.Initialize) -> wire.Initialized:
        secret = message.passphrase or message.key_file
        if (message.method == "shares") == bool(secret) or (message.passphrase and message.key_file):
            raise BadInput(Code.INVALID_REQUEST, "give exactly the secret that fits the method")
        with self._lock:
            fresh, root, shares = seal.create(self._folder, message.method, secret)
            self._put_aside_unfinished()
            vault = self._opened(root, 0)
            api_key = vault.bootstrap(message.organization, message.member)
            seal.save(self._folder, fresh)
            self._arm(vault)
            self._open = vault
        return wire.Initialized(api_key=api_key, shares=shares)

    def _restore(self, message: wire.Restore) -> wire.Restored:
        with self._lock:
            if seal.read(self._folder) is not None:
                raise BadInput(Code.ALREADY_INITIALIZED, "this vault has been initialized before")
            self._put_aside_unfinished()
            vault, answer = restoring.restore(self._folder, message, self._horizon_hours, self._opened)
            self._arm(vault)
            self._open = vault
        return answer

    def _put_aside_unfinished(self) -> None:
        """Move away what an initialization or restoring left that never came to its seal: it does not count."""
        names = [path.name for path in self._folder.glob("vault*.db*")]
        files.put_aside(self._folder, [self._folder / name for name in (*names, "log", restoring.COPY)])

    def _unseal(self, message: wire.Unseal) -> wire.Status:
        with self._lock:
            found = seal.read(self._folder)
            if found is None:
                raise Unavailable(Code.NOT_INITIALIZED, "this vault has not been initialized")
            if self._open is None:
                self._await_closing()
                self._wait_between_tries()
                secret = self._secret_for(found.method, message)
                if secret is not None:
                    self._open_with(found, secret)
        return self.status()

    def _open_with(self, found: SealFile, secret: str) -> None:
        failures, panics = self._failures(), self._panics
        try:
            root = seal.open_root(found, secret)
        except Refused:
            self._shares = []
            seal.write_private(self._folder / "failed-unseals", str(failures + 1).encode())
            raise
        vault = self._opened(root, found.generation)
        try:
            vault.journal.write(
                KEEP, "operator", "vault.unseal", "done", {"method": found.method, "failed_before": failures}
            )
        except FacekeepError:
            vault.close()  # not opened without an entry; the next try must find database and log free
            raise
        (self._folder / "failed-unseals").unlink(missing_ok=True)
        seal.settle(found, secret)
        self._arm(vault)
        with self._swap:
            if self._panics == panics:
                self._open, self._shares = vault, []
                return
        vault.close()
        raise self._why_shut()

    def _rotate_root(self, message: wire.RotateRoot) -> wire.RootRotated:
        with self._lock:
            found, vault = seal.read(self._folder), self._open
            if found is None or vault is None:
                raise self._why_shut()
            self._prove(vault, found, message.present)
            fresh, root = seal.renew(found, message.method, message.secret)
            try:
                with vault.lock:
                    vault.refuse_when_closed()
                    done = rotation.rotate(vault, fresh, root)
            finally:
                if seal.read(self._folder) != (found if vault.generation == found.generation else fresh):
                    self._seal_at_once(vault)  # what counts on the disk is not what is open
            seal.settle(fresh, message.secret)
        return done

    def _prove(self, vault: OpenVault, found: SealFile, secret: str) -> None:
        """Raise Refused `unseal_refused`, logged, where the secret is not the one that opens the vault."""
        self._wait_between_tries()
        try:
            seal.open_root(found, secret)
        except Refused:
            seal.write_private(self._folder / "failed-unseals", str(self._failures() + 1).encode())
            with vault.lock:
                vault.refuse_when_closed()
                vault.journal.write(KEEP, "operator", "root.rotate", "refused", {"method": found.method})
            raise
        (self._folder / "failed-unseals").unlink(missing_ok=True)

    def _secret_for(self, method: str, message: wire.Unseal) -> str | None:
        """The secret that fits the method; None while shares are still missing."""
        given = {"passphrase": message.passphrase, "shares": message.share, "key_file": message.key_file}[method]
        if not given:
            raise BadInput(Code.INVALID_REQUEST, f"this vault is opened by {method.replace('_', ' ')}")
        if method != "shares":
            return given
        share = seal.check_share(given)
        if share not in self._shares:
            self._shares.append(share)
        return "\n".join(self._shares) if len(self._shares) >= seal.THRESHOLD else None

    def _wait_between_tries(self) -> None:
        """At most one try a second, whoever asks."""
        wait = self._last_try + _BETWEEN_TRIES_SECONDS - time.monotonic()
        if wait > 0 and self._failures():
            time.sleep(wait)
        self._last_try = time.monotonic()

    def _failures(self) -> int:
        try:
            return int((self._folder / "failed-unseals").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _why_shut(self) -> Unavailable:
        if seal.read(self._folder) is None:
            return Unavailable(Code.NOT_INITIALIZED, "this vault has not been initialized; run: facekeep init")
        return Unavailable(Code.VAULT_SEALED, "the vault is sealed; an operator opens it with: facekeep vault unseal")


def _close(vault: OpenVault, why: str) -> None:
    """Write why, as far as the log still takes it, and close."""
    with vault.lock:
        with suppress(FacekeepError):
            if why and not vault.log.broken:
                actor, _, act = why.partition(".")
                vault.journal.write(KEEP, actor, f"vault.{act}", "done", {})
        vault.close()


def _last_backup_at(vault: OpenVault | None) -> str:
    if vault is None:
        return ""
    with vault.lock:
        return "" if vault.is_closed else vault.last_backup_at


def _is_quarantined(vault: OpenVault | None) -> bool:
    if vault is None:
        return False
    with vault.lock:
        return not vault.is_closed and vault.is_quarantined
