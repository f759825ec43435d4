"""Keyed noise on released scores, so that answers say nothing exact about a block's secret.

Gaussian noise of standard deviation 0.003, clipped at six of them, from a PRF keyed in the vault over (collection,
quantized probe, face): asking the same again gains nothing, and a re-sealed face keeps its noise. Clipping lets the
vault noise only the slots that can still matter: `docs/adr/0005`.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

DEVIATION = 0.003
MARGIN = 6 * DEVIATION


def noise_for(key: bytes, probe_digest: bytes, faces: Sequence[int]) -> NDArray[np.float64]:
    """The noise of each face's score for one probe, float64 (len(faces),), within +-`MARGIN`."""
    prefix = blake2b(probe_digest, key=key, digest_size=8)
    words = bytearray()
    for face in faces:
        one = prefix.copy()
        one.update(face.to_bytes(8, "little"))
        words += one.digest()
    uniform = ((np.frombuffer(words, dtype="<u8") >> 11).astype(np.float64) + 0.5) * 2.0**-53
    gaussian: NDArray[np.float64] = ndtri(uniform)
    return np.clip(gaussian * DEVIATION, -MARGIN, MARGIN)
