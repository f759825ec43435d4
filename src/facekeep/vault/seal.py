"""How the root key is kept while the vault is sealed, and how it is opened again.

`vault/seal.json` holds the root key wrapped under a key that is nowhere on this disk: stretched from a passphrase
(Argon2id, RFC 9106), split into 3-of-5 word shares (SLIP-39), or read from a key file (trials only).
"""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec
from argon2.low_level import Type, hash_secret_raw
from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.share import Share

from facekeep.errors import BadInput, Code, FacekeepError, Refused, Tampered, Unavailable
from facekeep.vault.keys import KEY_BYTES, derive, fresh_key, unwrap, wrap

SHARES, THRESHOLD = 5, 3
_MINIMUM_PASSPHRASE = 12
_KEYS_IN_A_FILE = 2
_CONTEXT = "root key"
FILE = "seal.json"


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
    generation: int = 0
    """How often the root key was rotated; names the database."""


class Provider(Protocol):
    """One way to keep the key that wraps the root key."""

    def create(self, secret: str, salt: bytes) -> tuple[bytes, tuple[str, ...]]:
        """The wrapping key for a new vault, and what must be shown to people once."""

    def renew(self, secret: str, salt: bytes) -> bytes:
        """The wrapping key for a vault that was opened otherwise until now. What opened it before still can."""

    def open(self, secret: str, salt: bytes, cost: Argon2Cost) -> tuple[bytes, ...]:
        """The wrapping key again; where a rotation was cut short perhaps two. Raises Refused `unseal_refused`."""


class Passphrase:
    """A passphrase of at least 12 characters, stretched with Argon2id."""

    def create(self, secret: str, salt: bytes) -> tuple[bytes, tuple[str, ...]]:
        """See `Provider`."""
        return self.renew(secret, salt), ()

    def renew(self, secret: str, salt: bytes) -> bytes:
        """See `Provider`."""
        if len(secret) < _MINIMUM_PASSPHRASE:
            raise BadInput(Code.INVALID_REQUEST, f"the passphrase needs at least {_MINIMUM_PASSPHRASE} characters")
        return self.open(secret, salt, Argon2Cost())[0]

    def open(self, secret: str, salt: bytes, cost: Argon2Cost) -> tuple[bytes, ...]:
        """See `Provider`."""
        return (hash_secret_raw(secret.encode(), salt, cost.passes, cost.memory_kib, cost.lanes, KEY_BYTES, Type.ID),)


class WordShares:
    """Five SLIP-39 mnemonics, any three of which give the key. `open` takes them separated by newlines."""

    def create(self, secret: str, salt: bytes) -> tuple[bytes, tuple[str, ...]]:
        """See `Provider`."""
        shares = draw_shares()
        return self.renew("\n".join(shares[:THRESHOLD]), salt), shares

    def renew(self, secret: str, salt: bytes) -> bytes:
        """See `Provider`. Takes three of the shares that `draw_shares` gave: they are with people before they count."""
        return self.open(secret, salt, Argon2Cost())[0]

    def open(self, secret: str, salt: bytes, cost: Argon2Cost) -> tuple[bytes, ...]:
        """See `Provider`."""
        try:
            return (derive(combine_mnemonics(secret.splitlines()), "seal/shares"),)
        except (MnemonicError, ValueError) as error:
            raise Refused(Code.UNSEAL_REFUSED, "these shares do not fit together") from error


class KeyFile:
    """64 hexadecimal digits in a file outside the data folder. For trials: whoever has both has everything.

    While a rotation is under way the file has two lines, the old key and the new one: whichever it comes to, one opens.
    """

    def create(self, secret: str, salt: bytes) -> tuple[bytes, tuple[str, ...]]:
        """See `Provider`. Makes the file, readable by its owner only; an existing one is used as it is."""
        path = Path(secret)
        if not path.exists():
            write_private(path, fresh_key().hex().encode())
        return self.open(secret, salt, Argon2Cost())[-1], ()

    def renew(self, secret: str, salt: bytes) -> bytes:
        """See `Provider`. Adds the new key to those of the file."""
        path = Path(secret)
        known = self._keys(path) if path.exists() else []
        if len(known) >= _KEYS_IN_A_FILE:
            raise BadInput(Code.INVALID_REQUEST, "the key file holds two keys already")
        write_private(path, "\n".join(key.hex() for key in (*known, fresh_key())).encode())
        return self.open(secret, salt, Argon2Cost())[-1]

    def open(self, secret: str, salt: bytes, cost: Argon2Cost) -> tuple[bytes, ...]:
        """See `Provider`."""
        return tuple(self._wrapping(key) for key in self._keys(Path(secret)))

    def settle(self, seal: SealFile, secret: str) -> None:
        """Leave the key that opens the vault alone in its file, after a rotation or where one was cut short."""
        keys = self._keys(Path(secret))
        fitting = [key for key in keys if _unwrapped(seal, self._wrapping(key)) is not None]
        if len(keys) > 1 and fitting:
            write_private(Path(secret), fitting[-1].hex().encode())

    @staticmethod
    def _wrapping(key: bytes) -> bytes:
        return derive(key, "seal/key-file")

    @staticmethod
    def _keys(path: Path) -> list[bytes]:
        """Every key of the file, oldest first."""
        try:
            keys = [bytes.fromhex(line) for line in path.read_text(encoding="ascii").split()]
        except (OSError, ValueError) as error:
            raise Refused(Code.UNSEAL_REFUSED, "the key file cannot be read") from error
        sizes = [len(key) for key in keys] or [0]
        if any(size != KEY_BYTES for size in sizes) or len(sizes) > _KEYS_IN_A_FILE:
            raise Refused(Code.UNSEAL_REFUSED, f"a key file holds {KEY_BYTES} bytes, this one {sum(sizes)}")
        return keys


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
    root, salt = fresh_key(), os.urandom(16)
    key, shown = _provider(method).create(secret, salt)
    return SealFile(version=1, method=method, salt=salt, wrapped_root=wrap(key, root, _CONTEXT)), root, shown


def renew(before: SealFile, method: str, secret: str) -> tuple[SealFile, bytes]:
    """A fresh root key, sealed under another secret, as the generation after `before`. `save` makes it count.

    `secret` is a new passphrase, the path of the key file, or three of the shares that `draw_shares` gave.

    Raises
    ------
    BadInput
        `invalid_request`: an unknown method, too short a passphrase, or the secret that opens the vault now.
    Refused
        `unseal_refused`: shares that do not fit together.
    """
    root, salt = fresh_key(), os.urandom(16)
    if method == before.method != "key_file" and _opens(before, secret):
        raise BadInput(Code.INVALID_REQUEST, "the new secret is the old one")
    if before.method == "key_file":
        settle(before, secret)  # or a key that opens the vault now could be the one to make room
    key, generation = _provider(method).renew(secret, salt), before.generation + 1
    wrapped = wrap(key, root, _CONTEXT)
    return SealFile(version=1, method=method, salt=salt, wrapped_root=wrapped, generation=generation), root


def draw_shares() -> tuple[str, ...]:
    """Five fresh word shares, any three of which give one key. They open nothing until a vault is sealed under them."""
    (shares,) = generate_mnemonics(1, [(THRESHOLD, SHARES)], fresh_key())
    return tuple(shares)


def settle(seal: SealFile, secret: str) -> None:
    """Drop what a rotation that was cut short left beside the secret that opens the vault. What cannot be, stays."""
    if seal.method == "key_file":
        with suppress(OSError, FacekeepError):
            KeyFile().settle(seal, secret)


def _provider(method: str) -> Provider:
    if method not in PROVIDERS:
        raise BadInput(Code.INVALID_REQUEST, f"unknown unseal method; expected one of {', '.join(PROVIDERS)}")
    return PROVIDERS[method]


def _opens(seal: SealFile, secret: str) -> bool:
    try:
        open_root(seal, secret)
    except Refused:
        return False
    return True


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
    for key in PROVIDERS[seal.method].open(secret, seal.salt, seal.cost):
        root = _unwrapped(seal, key)
        if root is not None:
            return root
    raise Refused(Code.UNSEAL_REFUSED, "that does not open this vault")


def _unwrapped(seal: SealFile, key: bytes) -> bytes | None:
    try:
        return unwrap(key, seal.wrapped_root, _CONTEXT)
    except Tampered:
        return None


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
