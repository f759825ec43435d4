"""Leave to search: what a search node may be asked, decided and remembered by the vault.

The vault quantizes the probe itself and keeps it, so that what is verified later is what was granted. A grant is used
once and lives a minute.
"""

import time
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code, Unavailable
from facekeep.sealed.secret import quantize_probe
from facekeep.terms import GrantId
from facekeep.vault.keys import fresh_id
from facekeep.vault.sealing import parse_templates
from facekeep.vault.shelf import OpenCollection, Stack
from facekeep.vault.wire import MAX_PROBES, Block

_PATIENCE_SECONDS = 60.0
_MOST_GRANTS = 256


def _now() -> float:
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class Searched:
    """One collection of a grant, with its live blocks as they were when the grant was given."""

    collection: OpenCollection
    stack: Stack


@dataclass(frozen=True, slots=True)
class SearchGrant:
    """A search that may be answered once. `probes` int32 (p, D); `only`, `leave_out` and `rejected` are face row
    numbers.

    `case_id` is empty for a search in no case; `is_near` says that a probe is near to an earlier one of the principal.
    With `each_face` every face is a lead of its own, and not only the best one of each person.
    """

    grant_id: GrantId
    session: str
    probes: NDArray[np.int32]
    searched: tuple[Searched, ...]
    top_k: int
    floor: float
    only: frozenset[int] | None
    leave_out: int | None
    case_id: str
    is_near: bool
    probe_captured_at: str = ""
    rejected: frozenset[int] = frozenset()
    each_face: bool = False
    given_at: float = field(default_factory=_now)

    def is_of(self, org_id: str) -> bool:
        """Whether collections of this organization are searched."""
        return any(one.collection.org_id == org_id for one in self.searched)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every block to scan, in the order of the sums."""
        return tuple(block for one in self.searched for block in one.stack.blocks)

    @property
    def gallery(self) -> int:
        """The number of templates searched."""
        return sum(len(one.stack.faces) for one in self.searched)


class Grants:
    """Grants that were given and not used yet."""

    def __init__(self) -> None:
        self._given: dict[str, SearchGrant] = {}

    def refuse_when_full(self) -> None:
        """Raise Unavailable `busy` when too many searches are under way; asked before anything is spent."""
        now = time.monotonic()
        self._given = {key: one for key, one in self._given.items() if now - one.given_at < _PATIENCE_SECONDS}
        if len(self._given) >= _MOST_GRANTS:
            raise Unavailable(Code.BUSY, "too many searches are under way; try again in a moment")

    def give(self, grant: SearchGrant) -> None:
        """Remember a grant. Raises Unavailable `busy` when too many searches are under way."""
        self.refuse_when_full()
        self._given[grant.grant_id] = grant

    def take(self, grant_id: str, session: str) -> SearchGrant:
        """The grant, once, for the session it was given to. Raises BadInput `not_found`."""
        grant = self._given.get(grant_id)
        if grant is None or grant.session != session or time.monotonic() - grant.given_at >= _PATIENCE_SECONDS:
            raise BadInput(Code.NOT_FOUND, "no such search grant")
        del self._given[grant_id]
        return grant

    def forget_organization(self, org_id: str) -> None:
        """Drop the grants of a shredded organization, with the keys that they hold."""
        self._given = {key: one for key, one in self._given.items() if not one.is_of(org_id)}


def fresh_grant_id() -> GrantId:
    """A random grant identifier."""
    return GrantId(fresh_id("gra"))


def quantize_probes(untrusted: bytes, dimension: int) -> NDArray[np.int32]:
    """Probes of norm 180, int32 (p, D), from unit-length float32 ones. Integers from outside are never taken.

    Raises
    ------
    BadInput
        `invalid_request`: no whole number of probes, more than 64, or one that is not of unit length.
    """
    size = 4 * dimension
    count, rest = divmod(len(untrusted), size)
    if rest or not 1 <= count <= MAX_PROBES:
        raise BadInput(Code.INVALID_REQUEST, f"expected 1 to {MAX_PROBES} probes of {dimension} float32 values each")
    unit = parse_templates(tuple(untrusted[i * size : (i + 1) * size] for i in range(count)), dimension)
    probes = np.stack([quantize_probe(one) for one in unit])
    unit.fill(0)
    return probes


def probe_digest(probe: NDArray[np.int32]) -> bytes:
    """What stands for a quantized probe in noise and budgets, 32 bytes."""
    return sha256(probe.astype("<i4").tobytes()).digest()
