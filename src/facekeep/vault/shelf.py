"""What an unsealed vault remembers of collections and live blocks, read from the database once and kept in memory.

A collection has one random key; everything that is secret about it (cell keys, block secrets, check vector, noise,
name tags) is wrapped or derived under that key, so that destroying it shreds the collection.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.ring import PublicPolynomials
from facekeep.sealed.secret import BlockSecret, SecretStack, check_vector
from facekeep.vault.carried import KEEP, carried
from facekeep.vault.database import Database, Row
from facekeep.vault.keys import derive, unwrap
from facekeep.vault.wire import Block, CollectionView, Contract, Policy

ORGANIZATIONS = "organizations"  # what wraps their keys


@dataclass(slots=True)
class LiveBlock:
    """A block that opens: its secret, its tags, and who lies in which slot (0 where the face was forgotten)."""

    number: int
    block: Block
    secret: BlockSecret
    tags: NDArray[np.uint64]
    faces: NDArray[np.int64]
    persons: NDArray[np.int64]


@dataclass(slots=True)
class Stack:
    """Every live block of a collection side by side, in the order a search node scans them."""

    blocks: tuple[Block, ...]
    numbers: tuple[int, ...]
    secrets: SecretStack
    faces: NDArray[np.int64]
    persons: NDArray[np.int64]


@dataclass(slots=True)
class Counts:
    """How many faces and persons there are, or by how many they change."""

    faces: int = 0
    persons: int = 0

    def add(self, other: "Counts") -> None:
        """Count `other` too."""
        self.faces += other.faces
        self.persons += other.persons


@dataclass
class OpenCollection:
    """A collection and the keys under its own key."""

    number: int
    collection_id: str
    org_id: str
    name: str
    contract: Contract
    policy: Policy
    public_seed: bytes
    key: bytes
    created_at: str
    blocks: dict[int, LiveBlock] = field(default_factory=dict)
    stack: Stack | None = None
    counts: Counts | None = None

    @contextmanager
    def changing(self) -> Iterator[Counts]:
        """Around a transaction: keeps the counts true without counting again, by what the block adds to those it gets.

        Where the block raises, whatever became of the transaction, they are counted anew at the next look.
        """
        before, self.counts, change = self.counts, None, Counts()
        yield change
        if before is not None:
            before.add(change)
            self.counts = before

    @cached_property
    def cells_key(self) -> bytes:
        """Wraps the keys of cells."""
        return derive(self.key, "cells")

    @cached_property
    def blocks_key(self) -> bytes:
        """Wraps the seeds of block secrets."""
        return derive(self.key, "blocks")

    @cached_property
    def names_key(self) -> bytes:
        """Tags names, so that the person of a name is found without keeping the name."""
        return derive(self.key, "names")

    @cached_property
    def noise_key(self) -> bytes:
        """Keys the noise of released scores."""
        return derive(self.key, "noise")

    @cached_property
    def check(self) -> NDArray[np.uint32]:
        """The secret vector that search answers are verified with."""
        return check_vector(derive(self.key, "check vector"))

    @cached_property
    def public(self) -> PublicPolynomials:
        """The public polynomials of this collection."""
        return PublicPolynomials.expand(self.public_seed, self.collection_id, self.contract.dimension)


class Shelf:
    """Collections by id, opened on first use."""

    def __init__(self, database: Database, root: bytes) -> None:
        self._database = database
        self._root = root
        self._open: dict[str, OpenCollection] = {}
        self._org_keys: dict[str, bytes] = {}

    def org_key(self, org_id: str) -> bytes:
        """The key of an organization, under which its collections and its log entries are sealed."""
        if org_id not in self._org_keys:
            found = self._database.row("SELECT wrapped_key FROM organizations WHERE org_id = ?", org_id)
            if found is None:
                raise BadInput(Code.NOT_FOUND, "no such organization")
            self._org_keys[org_id] = unwrap(derive(self._root, ORGANIZATIONS), found[0], org_id)
        return self._org_keys[org_id]

    def owner_key(self, owner: str) -> bytes:
        """The key of an organization, or the root key where the owner is the keep itself."""
        return self._root if owner == KEEP else self.org_key(owner)

    def cursor_key(self, org_id: str) -> bytes:
        """Seals the cursors of an organization's listings; a rotation leaves it, so that nobody's listing breaks."""
        return carried(self._database, org_id, self.org_key(org_id), "listings")

    def change_root(self, root: bytes) -> None:
        """Go on under a new root key; the keys of organizations are the same."""
        self._root = root

    def change_org_key(self, org_id: str, key: bytes) -> None:
        """Go on under an organization's new key; its collections keep theirs."""
        self._org_keys[org_id] = key

    def collection(self, collection_id: str, org_id: str) -> OpenCollection:
        """A collection of `org_id`. Another organization's is `not_found`, like one that never was."""
        if collection_id not in self._open:
            row = self._database.row(f"{_SELECT} WHERE collection_id = ?", collection_id)
            if row is None or row[2] != org_id:
                raise BadInput(Code.NOT_FOUND, "no such collection")
            self._open[collection_id] = self._read(row)
        if self._open[collection_id].org_id != org_id:
            raise BadInput(Code.NOT_FOUND, "no such collection")
        return self._open[collection_id]

    def by_number(self, number: int) -> OpenCollection:
        """A collection by its row number, for the vault's own work."""
        row = self._database.row("SELECT collection_id, org_id FROM collections WHERE number = ?", number)
        if row is None:
            raise BadInput(Code.NOT_FOUND, "no such collection")
        return self.collection(row[0], row[1])

    def forget(self, collection_id: str) -> None:
        """Drop a deleted collection with its keys."""
        self._open.pop(collection_id, None)

    def forget_organization(self, org_id: str) -> None:
        """Drop the key of a shredded organization, and its collections."""
        self._org_keys.pop(org_id, None)
        self._open = {key: one for key, one in self._open.items() if one.org_id != org_id}

    def page(self, org_id: str, after: int, limit: int) -> list[OpenCollection]:
        """Collections of an organization in order of creation after row number `after`."""
        sql = f"{_SELECT} WHERE org_id = ? AND number > ? ORDER BY number LIMIT ?"
        return [self.collection(row[1], org_id) for row in self._database.rows(sql, org_id, after, limit)]

    def view(self, collection: OpenCollection) -> CollectionView:
        """A collection as its organization sees it, with its counts."""
        counts = collection.counts = collection.counts or self._count(collection)
        return CollectionView(
            collection_id=collection.collection_id,  # type: ignore[arg-type]
            name=collection.name,
            contract=collection.contract,
            policy=collection.policy,
            faces=counts.faces,
            persons=counts.persons,
            created_at=collection.created_at,
        )

    def stack(self, collection: OpenCollection) -> Stack:
        """The live blocks of a collection, oldest first."""
        if collection.stack is None:
            rows = self._database.rows(f"{_SELECT_BLOCK} WHERE collection = ? ORDER BY number", collection.number)
            kept = [collection.blocks.get(row[0]) or self._read_block(collection, row) for row in rows]
            collection.stack = _side_by_side(kept, collection.contract.dimension)
            collection.blocks = {one.number: _within(collection.stack, k, one) for k, one in enumerate(kept)}
        return collection.stack

    def part(self, collection: OpenCollection, numbers: Collection[int]) -> Stack:
        """Some of the live blocks of a collection, by row number, oldest first."""
        chosen = [n for n in self.stack(collection).numbers if n in numbers]
        return _side_by_side([collection.blocks[n] for n in chosen], collection.contract.dimension)

    def _count(self, collection: OpenCollection) -> Counts:
        """Looks at every row of the collection, a second for a million faces: once a collection and start."""
        faces = self._database.row("SELECT count(*) FROM faces WHERE collection = ?", collection.number) or (0,)
        persons = self._database.row("SELECT count(*) FROM persons WHERE collection = ?", collection.number) or (0,)
        return Counts(faces[0], persons[0])

    def _read(self, row: Row) -> OpenCollection:
        number, collection_id, org_id, name, contract, policy, public_seed, wrapped_key, created_at = row
        return OpenCollection(
            number=number,
            collection_id=collection_id,
            org_id=org_id,
            name=name,
            contract=msgspec.msgpack.decode(contract, type=Contract),
            policy=_policy(policy),
            public_seed=public_seed,
            key=unwrap(self.org_key(org_id), wrapped_key, collection_id),
            created_at=created_at,
        )

    def _read_block(self, collection: OpenCollection, row: Row) -> LiveBlock:
        number, block_id, slots, digest, wrapped_secret, tags = row
        faces, persons = np.zeros(slots, np.int64), np.zeros(slots, np.int64)
        rows = self._database.rows("SELECT slot, number, person FROM faces WHERE block = ?", number)
        for slot, face, person in rows:
            faces[slot], persons[slot] = face, person
        return LiveBlock(
            number=number,
            block=Block(block_id, slots, digest),
            secret=BlockSecret.from_seed(unwrap(collection.blocks_key, wrapped_secret, block_id)),
            tags=np.frombuffer(tags, dtype="<u8"),
            faces=faces,
            persons=persons,
        )


_SELECT = (
    "SELECT number, collection_id, org_id, name, contract, policy, public_seed, wrapped_key, created_at"
    " FROM collections"
)
_SELECT_BLOCK = "SELECT number, block_id, slots, digest, wrapped_secret, tags FROM blocks"


def _policy(kept: bytes) -> Policy:
    """A policy as it was kept. One from before there were cases asks for none, one from before leads for no reveal."""
    given = msgspec.msgpack.decode(kept, type=dict[str, object])
    return msgspec.convert({"case_required": False, "reveal_required": False, **given}, Policy)


def _side_by_side(blocks: list[LiveBlock], dimension: int) -> Stack:
    return Stack(
        blocks=tuple(one.block for one in blocks),
        numbers=tuple(one.number for one in blocks),
        secrets=SecretStack.of([(one.secret, one.tags, one.block.slots) for one in blocks], dimension),
        faces=np.concatenate([one.faces for one in blocks]) if blocks else np.zeros(0, np.int64),
        persons=np.concatenate([one.persons for one in blocks]) if blocks else np.zeros(0, np.int64),
    )


def _within(stack: Stack, k: int, block: LiveBlock) -> LiveBlock:
    """Block number `k` of the stack, as views of it, so that a million faces are held once.

    All but its secret: whoever drops the block drops that, however long others hold the stack's arrays.
    """
    slots = slice(stack.secrets.starts[k], stack.secrets.starts[k + 1])
    return replace(
        block,
        tags=stack.secrets.tags[k],
        faces=stack.faces[slots],
        persons=stack.persons[slots],
    )
