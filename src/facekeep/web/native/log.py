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
LogIndex = Annotated[int, Query(ge=0, le=2**53)]


@router.get("/entries", responses=errors())
def read_log(keep: TheKeep, session: TheSession, start: LogIndex = 0, limit: Limit = 100) -> models.LogPage:
    """Read your organization's log entries from index `start` on."""
    return models.LogPage.model_validate(verbs.read_log(keep, session, start=start, limit=limit))


@router.get("/checkpoint", responses=errors())
def checkpoint(keep: TheKeep, session: TheSession) -> models.Checkpoint:  # noqa: ARG001  the door's
    """The newest signed checkpoint over the whole log."""
    return models.Checkpoint.model_validate(verbs.newest_checkpoint(keep))


@router.get("/proof", responses=errors(Code.NOT_FOUND))
def proof(keep: TheKeep, session: TheSession, index: LogIndex, size: LogIndex = 0) -> models.Proof:  # noqa: ARG001
    """Prove that the entry at `index` is in the tree of `size` (0: the newest)."""
    return _proof(verbs.prove_entry(keep, index=index, size=size))


@router.get("/consistency", responses=errors(Code.NOT_FOUND))
def consistency(
    keep: TheKeep,
    session: TheSession,  # noqa: ARG001  the door's
    old_size: LogIndex,
    new_size: LogIndex = 0,
) -> models.Proof:
    """Prove that the tree of `new_size` (0: the newest) extends the tree of `old_size`."""
    return _proof(verbs.prove_consistency(keep, old_size=old_size, new_size=new_size))


def _proof(found: verbs.Proof) -> models.Proof:
    return models.Proof(
        hashes=[b64encode(one).decode() for one in found.hashes],
        size=found.size,
        leaf_hash=b64encode(found.leaf_hash).decode(),
    )
