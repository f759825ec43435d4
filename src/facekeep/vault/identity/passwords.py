"""Passwords with a second factor: Argon2id at the cost of RFC 9106's second option, and a secret under a vault key.

A sign-in name that is not there costs what one costs that is: its password is compared with a digest nobody has.
"""

import threading
import time
from base64 import b64encode
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY

from facekeep.errors import BadInput, Code
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database, Row
from facekeep.vault.identity import totp
from facekeep.vault.keys import fresh_id, unwrap, wrap

SHORTEST = 12
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_AT_ONCE = threading.BoundedSemaphore(2)  # 64 MiB each
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4${}${}".format(
    *(b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
)
_NO_SECRET = bytes(totp.SECRET_BYTES)
_COLUMNS = "SELECT password_id, account_id, handle, hash, totp, last_step, tag FROM passwords"


@dataclass(frozen=True, slots=True)
class Password:
    """A password with its second factor. `totp` is wrapped; `last_step` is the newest step whose code was used."""

    password_id: str
    account_id: str
    handle: str
    digest: str = field(repr=False)
    totp: bytes = field(repr=False)
    last_step: int
    tag: bytes


def digest_of(password: str) -> str:
    """What is kept of a new password. Raises BadInput `invalid_request` for a short one."""
    if len(password) < SHORTEST:
        raise BadInput(Code.INVALID_REQUEST, f"a password has at least {SHORTEST} characters")
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(found: Password | None, untrusted_password: str) -> bool:
    """Whether the password is that one; None stands for no such name and takes as long."""
    try:
        with _AT_ONCE:
            _HASHER.verify(_NOBODY if found is None else found.digest, untrusted_password)
    except (Argon2Error, InvalidHashError):
        return False
    return found is not None


def used_step(key: bytes, found: Password | None, untrusted_code: str) -> int | None:
    """The time step whose unused code this is, None where it is none; a name that is not there takes as long."""
    secret = _NO_SECRET if found is None else unwrap(key, found.totp, found.account_id)
    step = totp.step_of(secret, untrusted_code, time.time(), used_step=0 if found is None else found.last_step)
    return None if found is None else step


def put(
    database: Database, account_id: str, *, handle: str, tag: bytes, digest: str, wrapped_totp: bytes, step: int
) -> Password:
    """Set an account's password with its second factor, whatever it was. Inside a transaction."""
    old = of_account(database, account_id)
    database.run("DELETE FROM passwords WHERE account_id = ?", account_id)
    password_id = old.password_id if old else fresh_id("pwd")
    database.run(
        "INSERT INTO passwords VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(password_id, account_id, tag, handle, digest, wrapped_totp, step, timestamp()),
    )
    return Password(password_id, account_id, handle, digest, wrapped_totp, step, tag)


def change(database: Database, account_id: str, digest: str) -> None:
    """Another password with the same second factor. Inside a transaction."""
    database.run("UPDATE passwords SET hash = ?, changed_at = ? WHERE account_id = ?", digest, timestamp(), account_id)


def note_step(database: Database, password_id: str, step: int) -> None:
    """A code was used: neither it nor an older one is good again. Inside a transaction."""
    database.run("UPDATE passwords SET last_step = ? WHERE password_id = ?", step, password_id)


def by_tag(database: Database, tag: bytes) -> Password | None:
    """The password of a sign-in name."""
    return _password(database.row(f"{_COLUMNS} WHERE tag = ?", tag))


def of_account(database: Database, account_id: str) -> Password | None:
    """The password of an account."""
    return _password(database.row(f"{_COLUMNS} WHERE account_id = ?", account_id))


def wrapped(key: bytes, secret: bytes, account_id: str) -> bytes:
    """The secret of a second factor as the database keeps it."""
    return wrap(key, secret, account_id)


def _password(row: Row | None) -> Password | None:
    return None if row is None else Password(*row)
