"""Merkle trees over log entries: hashes, roots, and the two proofs that make a log accountable.

Invariant: everything is computed from hashes of *complete* subtrees, which never change as the log grows, so proofs for
any two sizes come from the same stored hashes. Leaves and nodes hash under different prefixes, so that a node can
never be passed off as a leaf.

Not done here: where the hashes come from (`tiles`, or a caller's own reader).

Source: RFC 6962 section 2.1 for hashes, roots and proofs; RFC 9162 sections 2.1.3.2 and 2.1.4.2 for the verification.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from facekeep.errors import BadInput, Code, Tampered

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
_MAX_PROOF_HASHES = 64  # a tree of 2**64 leaves needs no more

HashAt = Callable[[int, int], bytes]
"""Reader of stored hashes: `(level, index)` to the hash of leaves `index * 2**level` to `(index + 1) * 2**level`."""


class Frontier:
    """Root of a log that is read once from the left, in the memory of its right edge alone."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[tuple[int, bytes]] = []

    def append(self, added: bytes, *, level: int = 0) -> None:
        """Add the hash of the next `2**level` leaves; the size so far must be a multiple of that."""
        self.size += 1 << level
        while self._complete and self._complete[-1][0] == level:
            added = node_hash(self._complete.pop()[1], added)
            level += 1
        self._complete.append((level, added))

    @property
    def root(self) -> bytes:
        """Root of the leaves so far."""
        if not self._complete:
            return EMPTY_ROOT
        root = self._complete[-1][1]
        for _, left in reversed(self._complete[:-1]):
            root = node_hash(left, root)
        return root


def leaf_hash(leaf: bytes) -> bytes:
    """32-byte hash of one leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32-byte hash of an inner node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def root_at(size: int, hash_at: HashAt) -> bytes:
    """Root of the tree of the first `size` leaves; `EMPTY_ROOT` for none.

    Source: RFC 6962 section 2.1, MTH(D[n]).
    """
    return _range_root(0, size, hash_at) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, hash_at: HashAt) -> tuple[bytes, ...]:
    """Hashes that lead from leaf `index` to the root of the tree of `size`, nearest first.

    Raises
    ------
    BadInput
        `invalid_request`: no such leaf in a tree of that size.

    Source: RFC 6962 section 2.1.1, PATH(m, D[n]).
    """
    if not 0 <= index < size:
        raise BadInput(Code.INVALID_REQUEST, f"no entry {index} in a log of {size}")
    start, end = 0, size
    proof: list[bytes] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_root(middle, end, hash_at))
            end = middle
        else:
            proof.append(_range_root(start, middle, hash_at))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(old_size: int, new_size: int, hash_at: HashAt) -> tuple[bytes, ...]:
    """Hashes that show the tree of `new_size` to begin with the tree of `old_size`; empty where nothing needs showing.

    Raises
    ------
    BadInput
        `invalid_request`: the old tree is larger than the new one.

    Source: RFC 6962 section 2.1.2, PROOF(m, D[n]); a proof from the empty tree is empty.
    """
    if not 0 <= old_size <= new_size:
        raise BadInput(Code.INVALID_REQUEST, f"a log of {new_size} cannot extend a log of {old_size}")
    if old_size == 0:
        return ()
    start, end = 0, new_size
    proof: list[bytes] = []
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            proof.append(_range_root(middle, end, hash_at))
            end = middle
        else:
            proof.append(_range_root(start, middle, hash_at))
            start = middle
    if start:  # the verifier holds the old root; it equals this subtree only when nothing was split off to the left
        proof.append(_range_root(start, end, hash_at))
    return tuple(reversed(proof))


def verify_inclusion(
    *, expected_leaf_hash: bytes, index: int, size: int, expected_root: bytes, untrusted_proof: Sequence[bytes]
) -> None:
    """Return only if the leaf with that hash is entry `index` of the log of `size` whose root is `expected_root`.

    Raises
    ------
    Tampered
        `log_altered`: it is not, or the proof does not show it.

    Source: RFC 9162 section 2.1.3.2; `last`, `place` and `root` are its sn, fn and r.
    """
    if not 0 <= index < size:
        raise _refused("the entry lies outside the log")
    _check_hashes((expected_leaf_hash, expected_root, *untrusted_proof))
    place, last, root = index, size - 1, expected_leaf_hash
    for sibling in untrusted_proof:
        if last == 0:
            raise _refused("the inclusion proof is too long")
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            place, last = _climb_to_right_child(place, last)
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or root != expected_root:
        raise _refused("the inclusion proof does not lead to the root")


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, untrusted_proof: Sequence[bytes]
) -> None:
    """Return only if the log of `new_size` begins with exactly the log of `old_size`.

    Raises
    ------
    Tampered
        `log_altered`: it does not (entries were changed, removed or reordered), or the proof does not show it.

    Source: RFC 9162 section 2.1.4.2; `place`, `last`, `old`, `new` are its fn, sn, fr, sr. For an empty old log and for
    equal sizes, which the RFC leaves out, only the empty proof is taken.
    """
    if not 0 <= old_size <= new_size:
        raise _refused("the log has become shorter")
    _check_hashes((old_root, new_root, *untrusted_proof))
    if old_size in (0, new_size):
        _check_trivial(old_size, old_root, new_size, new_root, untrusted_proof)
        return
    is_complete = old_size & (old_size - 1) == 0
    path = (old_root, *untrusted_proof) if is_complete else tuple(untrusted_proof)
    if not untrusted_proof:
        raise _refused("the consistency proof is empty")
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise _refused("the consistency proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            place, last = _climb_to_right_child(place, last)
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or old != old_root or new != new_root:
        raise _refused("the consistency proof does not lead from the old root to the new one")


def _check_trivial(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise _refused("the consistency proof is too long")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise _refused("an empty log has another root")
    if new_size == 0 and new_root != EMPTY_ROOT:
        raise _refused("an empty log has another root")
    if old_size == new_size and old_root != new_root:
        raise _refused("two logs of one size have different roots")


def _climb_to_right_child(place: int, last: int) -> tuple[int, int]:
    """Skip the levels on which the right edge has no sibling: RFC 9162, step 4.b.ii of both algorithms."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _range_root(start: int, end: int, hash_at: HashAt) -> bytes:
    count = end - start
    level = count.bit_length() - 1
    if count == 1 << level:
        return hash_at(level, start >> level)
    middle = start + (1 << level)
    return node_hash(_range_root(start, middle, hash_at), _range_root(middle, end, hash_at))


def _split(count: int) -> int:
    """Largest power of two below `count` (the RFC's k), for `count` of 2 and more."""
    return 1 << ((count - 1).bit_length() - 1)


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if len(hashes) > _MAX_PROOF_HASHES + 2 or any(len(one) != HASH_BYTES for one in hashes):
        raise _refused("the proof is malformed")


def _refused(why: str) -> Tampered:
    return Tampered(Code.LOG_ALTERED, f"{why}; do not rely on this log")
