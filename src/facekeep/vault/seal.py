"""How the root key is kept while the vault is sealed, and how it is opened again.

`vault/seal.json` holds the root key wrapped under a key that is nowhere on this disk: stretched from a passphrase
(Argon2id, RFC 9106), split into 3-of-5 word shares (SLIP-39), or read from a key file (trials only).
"""

import errno
import os
from pathlib import Path
from typing import Protocol

import msgspec
from argon2.low_level import Type, hash_secret_raw
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.share import Share

from facekeep.errors import BadInput, Code, Refused, Tampered, Unavailable
from facekeep.vault.keys import KEY_BYTES, derive, fresh_key, unwrap, wrap

SHARES, THRESHOLD = 5, 3
_MINIMUM_PASSPHRASE = 12
_CONTEXT = "root key"


class Argon2Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Second recommended option of RFC 9106 section 4: 3 passes over 64 MiB, 4 lanes."""

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class SealFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands on disk while sealed. Nothing in it is secret."""

    version: int
    method: str
    salt: bytes
    wrapped_root: bytes
    cost: Argon2Cost = Argon2Cost()


class Provider(Protocol):
    """One way to keep the key that wraps the root key."""

    def create(self, secret: str, salt: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The wrapping key for a new vault, and what must be shown to people once."""

    def open(self, secret: str, salt: bytes, cost: Argon2Cost) -> bytes:
        """The wrapping key again. Raises Refused `unseal_refused`."""


class Passphrase:
    """A passphrase of at least 12 characters, stretched with Argon2id."""

    def create(self, secret: str, salt: bytes) -> tuple[bytes, tuple[str, ...]]:
        """See `Provider`."""
        if len(secret) < _MINIMUM_PASSPHRASE:
            raise BadInput(Code.INVALID_REQUEST, f"the passphrase needs at least {_MINIMUM_PASSPHRASE} characters")
        return self.open(secret, salt, Argon2Cost()), ()

    def open(self, secret: str, salt: bytes, cost: Argon2Cost) -> bytes:
        """See `Provider`."""
        return hash_secret_raw(secret.encode(), salt, cost.passes, cost.memory_kib, cost.lanes, KEY_BYTES, Type.ID)


class WordShares:
    """Five SLIP-39 mnemonics, any three of which give the key. `open` takes them separated by newlines."""

    def create(self, secret: str, salt: bytes) -> tuple[bytes, tuple[str, ...]]:
        """See `Provider`."""
        key = fresh_key()
        (shares,) = generate_mnemonics(1, [(THRESHOLD, SHARES)], key)
        return derive(key, "seal/shares"), tuple(shares)

    def open(self, secret: str, salt: bytes, cost: Argon2Cost) -> bytes:
        """See `Provider`."""
        try:
            return derive(combine_mnemonics(secret.splitlines()), "seal/shares")
        except (MnemonicError, ValueError) as error:
            raise Refused(Code.UNSEAL_REFUSED, "these shares do not fit together") from error


class KeyFile:
    """64 hexadecimal digits in a file outside the data folder. For trials: whoever has both has everything."""

    def create(self, secret: str, salt: bytes) -> tuple[bytes, tuple[str, ...]]:
        """See `Provider`. Makes the file, readable by its owner only; an existing one is used as it is."""
        path = Path(secret)
        if not path.exists():
            write_private(path, fresh_key().hex().encode())
        return self.open(secret, salt, Argon2Cost()), ()

    def open(self, secret: str, salt: bytes, cost: Argon2Cost) -> bytes:
        """See `Provider`."""
        try:
            key = bytes.fromhex(Path(secret).read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise Refused(Code.UNSEAL_REFUSED, "the key file cannot be read") from error
        if len(key) != KEY_BYTES:
            raise Refused(Code.UNSEAL_REFUSED, f"a key file holds {KEY_BYTES} bytes, this one {len(key)}")
        return derive(key, "seal/key-file")


PROVIDERS: dict[str, Provider] = {"passphrase": Passphrase(), "shares": WordShares(), "key_file": KeyFile()}


def create(folder: Path, method: str, secret: str) -> tuple[SealFile, bytes, tuple[str, ...]]:
    """A fresh root key and its seal under `method`, with the shares to show once. `save` makes it count.

    Raises
    ------
    BadInput
        `invalid_request`: an unknown method or too short a passphrase. `already_initialized`: there is a seal.
    """
    if (folder / "seal.json").exists():
        raise BadInput(Code.ALREADY_INITIALIZED, "this vault has been initialized before")
    if method not in PROVIDERS:
        raise BadInput(Code.INVALID_REQUEST, f"unknown unseal method; expected one of {', '.join(PROVIDERS)}")
    root, salt = fresh_key(), os.urandom(16)
    key, shown = PROVIDERS[method].create(secret, salt)
    return SealFile(version=1, method=method, salt=salt, wrapped_root=wrap(key, root, _CONTEXT)), root, shown


def save(folder: Path, seal: SealFile) -> None:
    """Write the seal, durably: from now on the vault is initialized."""
    write_private(folder / "seal.json", msgspec.json.encode(seal))


def read(folder: Path) -> SealFile | None:
    """The seal of this vault, or None before it is initialized."""
    try:
        return msgspec.json.decode((folder / "seal.json").read_bytes(), type=SealFile)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise Tampered(Code.DATABASE_ALTERED, "seal.json is damaged") from error


def open_root(seal: SealFile, secret: str) -> bytes:
    """The root key. Raises Refused `unseal_refused` where the secret is wrong."""
    key = PROVIDERS[seal.method].open(secret, seal.salt, seal.cost)
    try:
        return unwrap(key, seal.wrapped_root, _CONTEXT)
    except Tampered as error:
        raise Refused(Code.UNSEAL_REFUSED, "that does not open this vault") from error


def check_share(untrusted_share: str) -> str:
    """The share, normalized. Raises Refused `unseal_refused` at a mistyped word (SLIP-39 has a checksum)."""
    words = " ".join(untrusted_share.lower().split())
    try:
        Share.from_mnemonic(words)
    except (MnemonicError, ValueError) as error:
        raise Refused(Code.UNSEAL_REFUSED, "that is not a valid share; check the words") from error
    return words


def write_private(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600, durably; an existing one is replaced as a whole.

    Raises
    ------
    Unavailable
        `disk_full`: there is no room. The existing file is as it was.
    """
    try:
        _write_private(path, content)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(Code.DISK_FULL, "the disk of the vault is full") from None
        raise


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
