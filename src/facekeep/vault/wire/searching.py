"""Searching (1:N) and comparing (1:1)."""

from typing import Annotated

import msgspec

from facekeep.terms import GrantId, LeadId, SessionToken
from facekeep.vault.wire.base import Id, Message
from facekeep.vault.wire.enrolling import Block, Cell
from facekeep.vault.wire.galleries import Contract, FacePlace


class Candidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One released candidate: a lead, never an identification.

    `score` is a noisy cosine rounded to the collection's step; `one_in` says that about one search in `one_in` of a
    stranger in a gallery of this size would show such a score (None where the model has no table). A search in a
    case makes each a lead of it. `is_revealed` says that the records of the face and its person open to the searcher.
    """

    place: FacePlace
    score: float
    one_in: float | None
    lead_id: LeadId | None = None
    is_revealed: bool = True


class CandidateList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Candidates of one probe, score descending, at most one face a person. `withheld` counts exhausted exposures."""

    candidates: tuple[Candidate, ...]
    withheld: int


class AskDetect(Message, frozen=True):
    """Leave to look for the faces on a photo that is kept nowhere."""

    session: SessionToken


class GrantSearch(Message, frozen=True):
    """Ask to search `collection_ids` with unit-length probes, float32 (p, D). Logged before the grant is given.

    `top_k` None asks for ten candidates, or fewer where a collection's policy allows fewer.
    `only` narrows the search to one person or face (1:N becomes 1:1). With `probe_cell` the probe is an enrolled
    face's own template: `face_id` and its cell, and `probes` is empty; that face is left out of the candidates.
    `case_id` is the case that the search is made in, empty for none. `probe_captured_at`, ISO 8601, is when the photo
    of the probe was taken, as far as the searcher knows; it is kept with the leads.
    """

    session: SessionToken
    collection_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=64)]
    probes: bytes = b""
    top_k: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    score_floor: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    only: Id | None = None
    face_id: Id | None = None
    probe_cell: Cell | None = None
    case_id: Annotated[str, msgspec.Meta(max_length=64)] = ""
    probe_captured_at: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Grant(Message, frozen=True):
    """What to scan: `probes` int32 (p, D) of norm 180, and the live blocks in order."""

    grant_id: GrantId
    dimension: int
    probes: bytes
    blocks: tuple[Block, ...]


class OpenSums(Message, frozen=True):
    """The answer of a search node: int32 (p, total slots), blocks in the order of the grant, slots in order."""

    session: SessionToken
    grant_id: GrantId
    sums: bytes


class Candidates(Message, frozen=True):
    """One list a probe. `gallery` is the number of templates searched, of the model named `model`, `floor` the score
    floor that was applied.

    `padding` fills the answer up, so that its size does not tell how many candidates there are.
    """

    lists: tuple[CandidateList, ...]
    model: str
    gallery: int
    floor: float
    entry: int
    padding: bytes = b""


class Compare(Message, frozen=True):
    """1:1 of two fresh templates, float32 (D,) each, that are in no gallery."""

    session: SessionToken
    contract: Contract
    first: bytes
    second: bytes


class Compared(Message, frozen=True):
    """A 1:1 score rounded to 0.01, and how rare it is between two strangers: about one pair in `one_in`."""

    score: float
    one_in: float | None
    entry: int
