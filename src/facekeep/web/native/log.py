"""/v1/log"""

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Query

from facekeep.errors import Code
from facekeep.service import log as verbs
from facekeep.web.documented import errors
from facekeep.web.native import models
from facekeep.web.parsed import Limit, TheKeep, TheSession

router = APIRouter(prefix="/v1/log", tags=["log"])
_MOST = 2**53  # what JSON readers hold exactly
Start = Annotated[int, Query(ge=0, le=_MOST, description="Number of the first entry.")]
Entry = Annotated[int, Query(ge=0, le=_MOST, description="Number of an entry among your organization's own.")]
Size = Annotated[int, Query(ge=0, le=_MOST, description="Size of a published tree; 0 is the newest checkpoint's.")]
OldSize = Annotated[int, Query(ge=0, le=_MOST, description="Size of a tree that you saw before.")]


@router.get("/entries", responses=errors())
def read_log(keep: TheKeep, session: TheSession, start: Start = 0, limit: Limit = 100) -> models.LogPage:
    """Read your organization's log entries from entry number `start` on."""
    return models.LogPage.model_validate(verbs.read_log(keep, session, start=start, limit=limit))


@router.get("/checkpoint", responses=errors())
def checkpoint(keep: TheKeep, session: TheSession) -> models.Checkpoint:  # noqa: ARG001  the door's
    """The newest published checkpoint over the whole log."""
    return models.Checkpoint.model_validate(verbs.newest_checkpoint(keep))


@router.get("/proof", responses=errors(Code.NOT_FOUND, Code.NOT_YET_PUBLISHED))
def proof(keep: TheKeep, session: TheSession, entry: Entry, size: Size = 0) -> models.Proof:
    """Prove that your organization's `entry` is in the tree of `size` (0: the newest checkpoint)."""
    return _proof(verbs.prove_entry(keep, session, entry=entry, size=size))


@router.get("/consistency", responses=errors(Code.NOT_FOUND))
def consistency(
    keep: TheKeep,
    session: TheSession,  # noqa: ARG001  the door's
    old_size: OldSize,
    new_size: Size = 0,
) -> models.Proof:
    """Prove that the tree of `new_size` (0: the newest) extends the tree of `old_size`."""
    return _proof(verbs.prove_consistency(keep, old_size=old_size, new_size=new_size))


@router.post("/export", responses=errors())
def begin_export(keep: TheKeep, session: TheSession) -> models.Export:
    """Begin an export of your organization's entries, to be read after the next checkpoint. It ends with `entry`."""
    return models.Export(entry=verbs.begin_export(keep, session))


@router.get("/export", responses=errors(Code.NOT_FOUND, Code.NOT_YET_PUBLISHED))
def read_export(
    keep: TheKeep,
    session: TheSession,
    entry: Entry,
    *,
    start: Start = 0,
    limit: Limit = 100,
    size: Size = 0,
) -> models.ExportPage:
    """A page of the export that ends with `entry`: leaves, the key of each, and its proof in the tree of `size`."""
    found = verbs.read_export(keep, session, entry=entry, start=start, limit=limit, size=size)
    return models.ExportPage(
        note=found.note,
        size=found.size,
        entries=[
            models.ExportedEntry(
                index=one.index,
                leaf=b64encode(one.leaf).decode(),
                key=b64encode(one.key).decode(),
                hashes=[b64encode(each).decode() for each in one.hashes],
            )
            for one in found.entries
        ],
        next_start=found.next_start,
    )


def _proof(found: verbs.Proof) -> models.Proof:
    return models.Proof(
        hashes=[b64encode(one).decode() for one in found.hashes],
        size=found.size,
        leaf_hash=b64encode(found.leaf_hash).decode(),
        index=found.index,
    )
