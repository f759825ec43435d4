"""Secrets as the vault keeps them in memory: one block's, and many side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code
from facekeep.sealed.ring import DEGREE, spectrum
from facekeep.sealed.secret.sampling import ternary, wipe
from facekeep.sealed.secret.transform import parts


@dataclass(frozen=True, slots=True)
class BlockSecret:
    """The secret s of one block, enough to open it and not to seal.

    `spectrum` holds the real and then the imaginary parts of its folded transform: float32 (N,), 8 KiB.
    """

    spectrum: NDArray[np.float32]

    def __repr__(self) -> str:
        return "BlockSecret(…)"

    @classmethod
    def from_seed(cls, seed: bytes) -> "BlockSecret":
        """From the 32-byte seed that the block was sealed with. Raises BadInput `invalid_request` on another length."""
        secret = ternary(seed)
        transformed = spectrum(secret)
        narrow = parts(transformed)
        wipe(secret, transformed)
        return cls(narrow)


@dataclass(frozen=True, slots=True)
class SecretStack:
    """K blocks of one collection in the order of the sums, contiguous, so that opening them is one large transform.

    Attributes
    ----------
    spectra : float32 (K, N)
    tags : uint64 (K, D)
    starts : int64 (K + 1,), the place of each block's first slot in the sums; the last is their total.
    """

    spectra: NDArray[np.float32]
    tags: NDArray[np.uint64]
    starts: NDArray[np.int64]

    def __repr__(self) -> str:
        return f"SecretStack({len(self.spectra)} blocks)"

    @classmethod
    def of(cls, blocks: Sequence[tuple[BlockSecret, NDArray[np.uint64], int]], dimension: int) -> "SecretStack":
        """From (secret, tags, number of slots) of each block, in order; none gives an empty stack.

        Raises
        ------
        BadInput
            `invalid_request`: tags that are not of this dimension, or slots outside 1 to 2048.
        """
        spectra = np.empty((len(blocks), DEGREE), np.float32)
        tags = np.empty((len(blocks), dimension), np.uint64)
        starts = np.zeros(len(blocks) + 1, np.int64)
        for k, (secret, tags_of_block, slots) in enumerate(blocks):
            if tags_of_block.shape != (dimension,) or not 1 <= slots <= DEGREE:
                raise BadInput(Code.INVALID_REQUEST, f"expected {dimension} tags and 1 to {DEGREE} slots of each block")
            spectra[k], tags[k], starts[k + 1] = secret.spectrum, tags_of_block, starts[k] + slots
        return cls(spectra, tags, starts)

    @property
    def total(self) -> int:
        """The number of slots."""
        return int(self.starts[-1])

    def require(self, sums: NDArray[np.int32], probes: NDArray[np.int32]) -> None:
        """Check the shapes of sums (P, total) and probes (P, D) against this stack.

        Raises
        ------
        BadInput
            `invalid_request`: they do not fit.
        """
        if probes.dtype != np.int32 or probes.ndim != 2 or probes.shape[1] != self.tags.shape[1]:
            raise BadInput(Code.INVALID_REQUEST, f"expected probes of int32 (P, {self.tags.shape[1]})")
        if sums.dtype != np.int32 or sums.shape != (len(probes), self.total):
            raise BadInput(Code.INVALID_REQUEST, f"expected sums of int32 {(len(probes), self.total)}")
