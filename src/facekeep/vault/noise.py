"""Keyed noise on released scores, so that answers say nothing exact about a block's secret.

Gaussian noise of standard deviation 0.003, clipped at six of them, from a PRF keyed in the vault over (collection,
quantized probe, face): asking the same again gains nothing, and a re-sealed face keeps its noise. Clipping lets the
vault noise only the slots that can still matter: `docs/adr/0005`.

Two uniform numbers give a Gaussian one: G. E. P. Box and M. E. Muller, "A note on the generation of random normal
deviates", Ann. Math. Statist. 29 (1958).
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

DEVIATION = 0.003
MARGIN = 6 * DEVIATION


def noise_for(key: bytes, probe_digest: bytes, faces: Sequence[int]) -> NDArray[np.float64]:
    """The noise of each face's score for one probe, float64 (len(faces),), within +-`MARGIN`."""
    prefix = blake2b(probe_digest, key=key, digest_size=16)
    words = bytearray()
    for face in faces:
        one = prefix.copy()
        one.update(face.to_bytes(8, "little"))
        words += one.digest()
    lengths, angles = (((np.frombuffer(words, dtype="<u8") >> 11) + 1) * 2.0**-53).reshape(-1, 2).T
    gaussian: NDArray[np.float64] = np.sqrt(-2 * np.log(lengths)) * np.cos(2 * np.pi * angles)
    return np.clip(gaussian * DEVIATION, -MARGIN, MARGIN)
