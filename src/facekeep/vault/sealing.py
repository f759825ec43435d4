"""Templates into a block: fresh secret, fresh error, tags, and the bytes for the store.

Every call draws a new secret and a new error from the operating system; nothing is ever appended to or edited in a
block (rule 1 of `docs/sealed-index.md`).
"""

import os

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.format import BlockHeader, block_digest, pack_block
from facekeep.sealed.params import RLWE_2048_32
from facekeep.sealed.secret import BlockSecret, block_tags, seal_block
from facekeep.terms import BlockId
from facekeep.vault.batches import NewBlock
from facekeep.vault.keys import fresh_id, fresh_key, wrap
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.wire import Block

_UNIT_TOLERANCE = 1e-3


def parse_templates(untrusted: tuple[bytes, ...], dimension: int) -> NDArray[np.float32]:
    """Unit-length templates, float32 (n, D). Raises BadInput `invalid_request` on any other shape or length."""
    if any(len(one) != 4 * dimension for one in untrusted):
        raise BadInput(Code.INVALID_REQUEST, f"a template of this collection holds {dimension} float32 values")
    templates = np.frombuffer(b"".join(untrusted), dtype="<f4").reshape(len(untrusted), dimension).astype(np.float32)
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(templates.astype(np.float64), axis=1)
    if not np.all(np.isfinite(lengths)) or np.any(np.abs(lengths - 1) > _UNIT_TOLERANCE):
        raise BadInput(Code.INVALID_REQUEST, "a template is not of unit length")
    return templates


def seal_templates(collection: OpenCollection, templates: NDArray[np.float32]) -> tuple[NewBlock, bytes]:
    """A new block of n templates, float32 (n, D), and its file. The templates are wiped."""
    seed, block_id = fresh_key(), BlockId(fresh_id("blk"))
    columns = seal_block(
        templates=templates, public=collection.public, secret_seed=seed, error_seed=os.urandom(len(seed))
    )
    header = BlockHeader(
        block_id=block_id,
        epoch=0,
        dimension=collection.contract.dimension,
        slots=len(templates),
        contract=collection.contract.name,
        parameters=RLWE_2048_32.name,
    )
    templates.fill(0)
    content = pack_block(header, columns)
    sealed = NewBlock(
        block=Block(block_id, columns.shape[1], block_digest(content)),
        secret=BlockSecret.from_seed(seed),
        wrapped_secret=wrap(collection.blocks_key, seed, block_id),
        tags=block_tags(columns, collection.check),
    )
    return sealed, content
