"""Plaintext peers of the sealed index: FAISS indexes over the same templates."""

import os
from collections.abc import Callable, Iterator

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before FAISS loads OpenMP: idle threads must not spin beside us

import numpy as np
from numpy.typing import NDArray

from facekeep.errors import BadInput, Code

try:
    import faiss
except ImportError as error:
    raise BadInput(Code.INVALID_SETTING, "the benchmark compares with FAISS: install faiss-cpu") from error

TOP = 10

Search = Callable[[NDArray[np.float32]], object]


def _flat(dimension: int) -> "faiss.Index":
    return faiss.IndexFlatIP(dimension)


def _scalar(kind: int) -> "Callable[[int], faiss.Index]":
    return lambda dimension: faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT)


PEERS: "dict[str, Callable[[int], faiss.Index]]" = {
    "faiss_flat_fp32": _flat,
    "faiss_sq_fp16": _scalar(faiss.ScalarQuantizer.QT_fp16),
    "faiss_sq8": _scalar(faiss.ScalarQuantizer.QT_8bit),
}
"""How to make each empty peer for a dimension."""


def threads() -> int:
    """How many threads FAISS uses, as it chose itself."""
    return int(faiss.omp_get_max_threads())


def filled(name: str, dimension: int, batches: Iterator[NDArray[np.float32]]) -> Search:
    """A search of the top ten in peer `name` over all `batches`, float32 (n, D) each; trained on the first."""
    index = PEERS[name](dimension)
    for batch in batches:
        if not index.is_trained:
            index.train(batch)
        index.add(batch)
    return lambda probes: index.search(probes, TOP)
