"""The log: its checkpoints, what it shows of use, and who else watches it."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from facekeep.errors import BadInput, Tampered, Unavailable
from facekeep.ledger.cosignature import COSIGNATURE
from facekeep.ledger.note import MAX_NOTE_BYTES, VerifierKey, open_checkpoint, parse_note, parse_verifier_key
from facekeep.ledger.note import Checkpoint as LogHead
from facekeep.service import administration
from facekeep.service.doctor.finding import Needs, Problem, Severity, check, command, set_command
from facekeep.service.doctor.subject import Subject
from facekeep.service.witness.signing import signature_is_good
from facekeep.settings import is_loopback
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import Checkpoint, GetCheckpoint, Proof, ProveConsistency

_LEAST_BUCKET, _LEAST_INTERVAL_S = 8, 10.0
_INTERVALS_PATIENCE = 3
_LONGEST_INTERVAL_PATIENCE = timedelta(seconds=60)


class _Remembered(msgspec.Struct):
    """The checkpoint that this machine's command line checked last, with the log's key that it pinned."""

    verifier_key: str


@check(
    "checkpoint-missing",
    Severity.BLOCKER,
    finds="a keep whose log has no checkpoint, or one that nobody signed",
    allows="the log to be rewritten: nothing says what it was",
)
def checkpoint_missing(subject: Subject) -> Iterator[Problem]:
    """The file `vault/log/checkpoint`, parsed."""
    path = subject.settings.vault_dir / "log" / "checkpoint"
    if not subject.is_made:
        return
    restore = command("facekeep", "log", "verify", "--data", subject.settings.data_dir)
    if not path.exists():
        yield Problem(f"{path} is missing", restore)
        return
    try:
        parse_note(path.read_bytes()[: MAX_NOTE_BYTES + 1])
    except Tampered:
        yield Problem(f"{path} is no signed checkpoint", restore)


@check(
    "checkpoint-foreign",
    Severity.BLOCKER,
    finds="a checkpoint that the log's own key did not sign, as this machine remembers that key",
    allows="a log that was exchanged to pass as this one",
)
def checkpoint_foreign(subject: Subject) -> Iterator[Problem]:
    """The file against the key that this machine's command line pinned."""
    path, memory = subject.settings.vault_dir / "log" / "checkpoint", subject.config_dir / "checkpoint.json"
    if not path.exists() or not memory.exists():
        return
    restore = command("facekeep", "log", "verify", "--data", subject.settings.data_dir)
    try:
        key = parse_verifier_key(msgspec.json.decode(memory.read_bytes(), type=_Remembered).verifier_key)
        _open(path.read_bytes(), key)
    except (Tampered, msgspec.DecodeError):
        yield Problem(f"{path} is not signed by the key in {memory}", restore)


@check(
    "checkpoint-old",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="an open vault that has published no checkpoint for three intervals",
    allows="what was done since to be denied: no checkpoint covers it",
)
def checkpoint_old(subject: Subject) -> Iterator[Problem]:
    """The age of the file against the interval."""
    path = subject.settings.vault_dir / "log" / "checkpoint"
    age = subject.machine.now() - subject.machine.facts(path).modified
    allowed = timedelta(seconds=subject.settings.log.interval_s) * _INTERVALS_PATIENCE + _LONGEST_INTERVAL_PATIENCE
    if age > allowed:
        what = f"{path} is {age.total_seconds():.0f} s old, and one is due every {subject.settings.log.interval_s:g} s"
        yield Problem(what, command("systemctl", "restart", "facekeep-vault.service"))


@check(
    "log-counts-acts",
    Severity.WARNING,
    finds="checkpoints so frequent, or buckets so small, that the log's size counts what is done",
    allows="whoever sees checkpoints to count searches: what another company's notice had to admit in 2020",
)
def log_counts_acts(subject: Subject) -> Iterator[Problem]:
    """The two settings of the log."""
    log = subject.settings.log
    if log.bucket < _LEAST_BUCKET:
        what = f"log.bucket is {log.bucket}, less than {_LEAST_BUCKET} entries"
        yield Problem(what, set_command(subject, "log.bucket", "32"))
    if log.interval_s < _LEAST_INTERVAL_S:
        what = f"log.interval_s is {log.interval_s:g}, less than {_LEAST_INTERVAL_S:g} seconds"
        yield Problem(what, set_command(subject, "log.interval_s", "60"))


@check(
    "no-witness",
    Severity.WARNING,
    finds="a log that nobody else watches",
    allows="whoever takes the vault's machine to set log and keep back to an earlier day, unnoticed by newcomers",
)
def no_witness(subject: Subject) -> Iterator[Problem]:
    """An empty list of witnesses."""
    if not subject.settings.log.witnesses:
        fix = command(
            "facekeep", "settings", "witness", "https://WITNESS", "NAME+ID+KEY", "--data", subject.settings.data_dir
        )
        yield Problem("log.witnesses is empty", fix)


@check(
    "witness-key",
    Severity.BLOCKER,
    finds="a witness in the settings whose key is no witness's",
    allows="nothing: the server does not start",
)
def witness_key(subject: Subject) -> Iterator[Problem]:
    """Keys that cannot be read, or are a log's."""
    for one in subject.settings.log.witnesses:
        try:
            parse_verifier_key(one.key, expected_kind=COSIGNATURE)
        except Tampered:
            yield Problem(f"the key of the witness at {one.url} is no witness's", set_witnesses(subject))


@check(
    "witness-without-tls",
    Severity.WARNING,
    finds="a witness reached over plain HTTP beyond this machine",
    allows="whoever is on the network between to keep checkpoints from the witness, and to see when they come",
)
def witness_without_tls(subject: Subject) -> Iterator[Problem]:
    """Addresses of witnesses."""
    for one in subject.settings.log.witnesses:
        parts = urlsplit(one.url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            yield Problem(f"the witness at {one.url} is reached without TLS", set_witnesses(subject))


@check(
    "witness-here",
    Severity.WARNING,
    finds="a witness on the keep's own machine",
    allows="whoever takes the machine to take the witness too",
)
def witness_here(subject: Subject) -> Iterator[Problem]:
    """Addresses of witnesses that lead back here."""
    for one in subject.settings.log.witnesses:
        host = urlsplit(one.url).hostname or ""
        if is_loopback(host) or _is_unspecified(host):
            yield Problem(f"the witness at {one.url} is on this machine", set_witnesses(subject))


@check(
    "witness-refuses",
    Severity.BLOCKER,
    needs=Needs.VAULT,
    finds="a witness that does not sign the newest checkpoint; a warning where it only does not answer",
    allows="a log that was set back or exchanged to go on: the witness has seen another one",
)
def witness_refuses(subject: Subject) -> Iterator[Problem]:
    """The newest checkpoint, shown to each witness as the server shows it."""
    from facekeep.service.cosigning import WitnessClient  # noqa: PLC0415 - `facekeep up` stays small

    newest = administration.ask(subject.settings, GetCheckpoint(), Checkpoint)
    checkpoint = _open(newest.note.encode(), parse_verifier_key(newest.verifier_key))
    client = VaultClient(subject.settings.vault_socket)

    def prove(old: int, new: int) -> tuple[bytes, ...]:
        return client.call(ProveConsistency(old_size=old, new_size=new), Proof).hashes

    verify = command("facekeep", "log", "verify", "--data", subject.settings.data_dir)
    for one in subject.settings.log.witnesses:
        try:
            witness = WitnessClient(replace(one, url=subject.machine.address(one.url)))
            witness.cosign(newest.note, checkpoint.size, prove)
        except Tampered as error:
            yield Problem(f"{one.url}: {error.message}", verify)
        except Unavailable as error:
            yield Problem(f"{one.url}: {error.message}", command("curl", "-sS", one.url), Severity.WARNING)
        except BadInput:
            pass  # `witness-key` says so
    client.close()


def set_witnesses(subject: Subject) -> str:
    """The command that takes every witness out, so that the right ones can be put in."""
    return command("facekeep", "settings", "unset", "log.witnesses", "--data", subject.settings.data_dir)


def _open(untrusted: bytes, key: VerifierKey) -> LogHead:
    return open_checkpoint(untrusted, expected_origin=key.name, expected_key=key, is_good=signature_is_good)


def _is_unspecified(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
