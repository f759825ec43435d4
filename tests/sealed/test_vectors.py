"""Known answers: a change of any of them is a change of the format, and old blocks would no longer open."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sealed_cases import all_scores, seed

from facekeep.sealed.format import BlockHeader, block_digest, pack_block
from facekeep.sealed.params import parameters
from facekeep.sealed.ring import PublicPolynomials
from facekeep.sealed.scan import scan_blocks
from facekeep.sealed.secret import (
    BlockSecret,
    SecretStack,
    block_tags,
    check_vector,
    quantize_probe,
    seal_block,
    verify_sums,
)
from facekeep.sealed.secret.sampling import errors, ternary
from facekeep.terms import BlockId

VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "sealed").glob("*.json"))


def digest_of(array: np.ndarray) -> str:
    return sha256(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def templates_of(vector: dict[str, Any]) -> np.ndarray:
    """Sparse unit vectors, exact in float32: 0.6 and 0.8 at places that depend on the slot."""
    templates = np.zeros((vector["slots"], vector["dimension"]), np.float32)
    for slot in range(vector["slots"]):
        templates[slot, slot % vector["dimension"]] = 0.6
        templates[slot, (3 * slot + 1) % vector["dimension"]] += 0.8 if slot % 2 else -0.8
    return templates / np.linalg.norm(templates.astype(np.float64), axis=1, keepdims=True).astype(np.float32)


def answers_to(vector: dict[str, Any]) -> dict[str, Any]:
    dimension, slots = vector["dimension"], vector["slots"]
    templates = templates_of(vector)
    public = PublicPolynomials.expand(seed(vector["public_seed"]), vector["collection_id"], dimension)
    columns = seal_block(templates, public, seed(vector["secret_seed"]), seed(vector["error_seed"]))
    check = check_vector(seed(vector["check_seed"]))
    tags, probe = block_tags(columns, check), quantize_probe(templates[0])
    sums = scan_blocks([columns], probe[None])
    header = BlockHeader(BlockId("blk"), 1, dimension, slots, "contract", vector["parameters"])
    return {
        "public": digest_of(public.coefficients),
        "secret": digest_of(ternary(seed(vector["secret_seed"]))),
        "error": digest_of(errors(seed(vector["error_seed"]), dimension, slots)),
        "check": digest_of(check),
        "columns": digest_of(columns),
        "first_column": columns[:8, 0].tolist(),
        "tags": digest_of(tags),
        "first_tag": str(tags[0]),
        "probe": probe[probe != 0].tolist(),
        "first_sums": sums[0, :8].tolist(),
        "block": block_digest(pack_block(header, columns)).hex(),
    }


def test_there_are_vectors() -> None:
    assert len(VECTORS) >= 3


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_known_answers(path: Path) -> None:
    vector = json.loads(path.read_text())
    assert answers_to(vector["given"]) == vector["expected"]


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_known_blocks_still_open(path: Path) -> None:
    given = json.loads(path.read_text())["given"]
    assert parameters(given["parameters"]).degree == 2048
    templates = templates_of(given)
    public = PublicPolynomials.expand(seed(given["public_seed"]), given["collection_id"], given["dimension"])
    columns = seal_block(templates, public, seed(given["secret_seed"]), seed(given["error_seed"]))
    check = check_vector(seed(given["check_seed"]))
    kept = (BlockSecret.from_seed(seed(given["secret_seed"])), block_tags(columns, check), given["slots"])
    stack, probe = SecretStack.of([kept], given["dimension"]), quantize_probe(templates[0])[None]
    sums = scan_blocks([columns], probe)
    verify_sums(sums, probe, public, stack, check)
    scores = all_scores(sums, probe, public, stack)
    assert np.abs(scores[0] - templates @ templates[0]).max() < 0.016
