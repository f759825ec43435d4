"""A search whose answers are known, made before the first real one.

Kernels are compiled on the machine they run on and read back from a cache on its disk. A cache that was mixed up, kept
from another release, or written on another processor would give wrong scores without a word; so would a broken
processor. Whoever holds keys asks here first, and opens nothing if the answer is wrong.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import Code, FacekeepError, Unavailable
from facekeep.sealed.ring import PublicPolynomials
from facekeep.sealed.secret.checking import block_tags, check_vector, verify_sums
from facekeep.sealed.secret.opening import Aim, Opening, open_sums
from facekeep.sealed.secret.probes import quantize_probe
from facekeep.sealed.secret.ranking import contenders
from facekeep.sealed.secret.sealing import seal_block
from facekeep.sealed.secret.stack import BlockSecret, SecretStack

_DIMENSION = 12
_SLOTS = 33
_PROBES = 2
_LIMIT = 0.03  # twelve deviations of the noise of a score
_AIM = Aim(floor=-1.0, k=_SLOTS, margin=0.0)


def require_known_answers() -> None:
    """Seal, verify and open templates that are fixed, and compare with their cosines. Takes milliseconds.

    Raises
    ------
    Unavailable
        `internal`: this machine computes something else.
    """
    try:
        templates = _templates()
        wrong = max(np.abs(_scores(templates, read) - templates[:_PROBES] @ templates.T).max() for read in _READERS)
    except (FacekeepError, ArithmeticError, LookupError, ValueError):  # wrong numbers end in any of them
        wrong = np.inf
    if not wrong <= _LIMIT:  # and not if it is no number
        message = "sealed search gives wrong scores on this machine; remove its compiled kernels (*.nbi, *.nbc)"
        raise Unavailable(Code.INTERNAL, message)


def _templates() -> NDArray[np.float32]:
    """Unit vectors in all directions, float32 (n, D)."""
    waves = np.sin(np.outer(np.arange(1, _SLOTS + 1), np.sqrt(np.arange(2, _DIMENSION + 2))))
    return np.asarray(waves / np.linalg.norm(waves, axis=1, keepdims=True), np.float32)


def _scores(templates: NDArray[np.float32], read: "_Reader") -> NDArray[np.float32]:
    """Raw scores of the first templates with all of them, float32 (P, n). The seeds are no secrets: nothing is kept."""
    public = PublicPolynomials.expand(bytes(32), "known answers", _DIMENSION)
    columns, check = seal_block(templates, public, bytes([1] * 32), bytes([2] * 32)), check_vector(bytes([3] * 32))
    kept = (BlockSecret.from_seed(bytes([1] * 32)), block_tags(columns, check), _SLOTS)
    probes = np.stack([quantize_probe(one) for one in templates[:_PROBES]])
    sums = (probes.astype(np.int64) @ columns.astype(np.int64)).astype(np.int32)
    verified = verify_sums(sums, probes, public, SecretStack.of([kept], _DIMENSION), check)
    return np.stack([read(one) for one in open_sums(verified, _AIM)])


def _contenders(opening: Opening) -> NDArray[np.float32]:
    """Scores as a search reads them; no number where a slot is missing."""
    scores = np.full(_SLOTS, np.nan, np.float32)
    slots, raw = contenders(opening, _AIM)
    scores[slots] = raw
    return scores


def _asked_for(opening: Opening) -> NDArray[np.float32]:
    """Scores as a comparison of two faces reads them."""
    return opening.scores_at(np.arange(_SLOTS))


_Reader = Callable[[Opening], NDArray[np.float32]]
_READERS: tuple[_Reader, ...] = (_contenders, _asked_for)  # each has its own kernels
