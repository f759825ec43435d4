"""Runnable graphs of the models, repaired once and kept in a folder that may be deleted at any time."""

import os
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

REPAIR_VERSION = 1  # one higher whenever `repair` gives other bytes for the same model
_DIGEST_BYTES = 32


def runnable(stored: bytes, *, symbolic_axes: dict[int, str], cache_dir: Path) -> bytes:
    """The graph that ONNX Runtime runs for a model, from the cache where it is there and whole.

    Parameters
    ----------
    stored : bytes
        The model file; its hash MUST have been checked.
    symbolic_axes : dict of int to str
        As in `repair.repair`.
    cache_dir : Path
        Holds one file a model, named by the hash of `stored` and `REPAIR_VERSION`, which begins with the digest of the
        rest. That guards against damage, not against somebody who may write here.
    """
    place = cache_dir / f"{sha256(stored).hexdigest()}-{REPAIR_VERSION}.onnx"
    cached = _read(place)
    if cached is None:
        from facekeep.faces.repair import repair  # noqa: PLC0415  loads a large library that a start rarely needs

        cached = repair(stored, symbolic_axes=symbolic_axes)
        _write(place, cached)
    return cached


def _read(place: Path) -> bytes | None:
    """The cached graph, or None where there is none or its bytes are not those that were written."""
    try:
        content = place.read_bytes()
    except OSError:
        return None
    digest, graph = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return graph if sha256(graph).digest() == digest else None


def _write(place: Path, graph: bytes) -> None:
    """Write whole or not at all. A cache that cannot be written costs time at the next start, nothing else."""
    try:
        for folder in (place.parent.parent, place.parent):  # `parents=True` would make the upper one for everybody
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(sha256(graph).digest() + graph)
        os.replace(file.name, place)
    except OSError:
        return
