"""Fixed seeds and random unit templates for the tests of this room."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.ring import PublicPolynomials
from facekeep.sealed.secret import (
    Aim,
    BlockSecret,
    SecretStack,
    VerifiedSums,
    block_tags,
    check_vector,
    open_sums,
    quantize_probe,
    seal_block,
)
from facekeep.sealed.secret.alpha import Alphas

AIM = Aim(floor=-1.0, k=10, margin=0.018)
NOISE = 0.00244  # standard deviation of a score


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def unit_templates(count: int, dimension: int, number: int = 0, *, mean: float = 0.0) -> NDArray[np.float32]:
    values = np.random.default_rng(number).normal(mean, 1, (count, dimension))
    values[np.linalg.norm(values, axis=1) == 0, 0] = 1
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


@dataclass(frozen=True)
class Case:
    """A small sealed collection: templates of each block, columns of each block, and what the vault keeps."""

    templates: list[NDArray[np.float32]]
    columns: list[NDArray[np.int16]]
    public: PublicPolynomials
    check: NDArray[np.uint32]
    stack: SecretStack

    @property
    def all_templates(self) -> NDArray[np.float32]:
        return np.concatenate(self.templates)


def sealed_case(dimension: int, sizes: tuple[int, ...], number: int = 0, *, mean: float = 0.0) -> Case:
    public = PublicPolynomials.expand(seed(f"public {number}"), f"col-{number}", dimension)
    check = check_vector(seed(f"check {number}"))
    templates = [unit_templates(size, dimension, number + k, mean=mean) for k, size in enumerate(sizes)]
    secrets = [seed(f"secret {number} {k}") for k in range(len(sizes))]
    columns = [seal_block(part, public, secrets[k], seed(f"error {number} {k}")) for k, part in enumerate(templates)]
    kept = [
        (BlockSecret.from_seed(one), block_tags(part, check), part.shape[1])
        for one, part in zip(secrets, columns, strict=True)
    ]
    return Case(templates, columns, public, check, SecretStack.of(kept, dimension))


def probes_of(templates: NDArray[np.float32]) -> NDArray[np.int32]:
    return np.stack([quantize_probe(one) for one in templates])


def all_scores(
    sums: NDArray[np.int32],
    probes: NDArray[np.int32],
    public: PublicPolynomials,
    stack: SecretStack,
    **options: int,
) -> NDArray[np.float32]:
    """Every raw score, float32 (P, total)."""
    openings = open_sums(as_if_verified(sums, probes, public, stack), AIM, **options)
    return np.stack([one.scores_at(np.arange(one.total)) for one in openings])


def as_if_verified(
    sums: NDArray[np.int32], probes: NDArray[np.int32], public: PublicPolynomials, stack: SecretStack
) -> VerifiedSums:
    """Sums that nobody verified, for tests of what opening itself does."""
    alphas = Alphas(probes, public.coefficients)
    alphas.add(0, public.dimension)
    return VerifiedSums([np.ascontiguousarray(row) for row in sums], alphas.spectra(), stack)
