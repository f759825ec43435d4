"""Tries to read templates out of sealed blocks, and a block's secret out of released scores, beside flawed sealings.

Each try is also made on numbers with the flaw that it is looking for, where it must succeed: otherwise it is blind.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.format import HEADER_BYTES, parse_block
from facekeep.sealed.params import RLWE_2048_32
from facekeep.service.drill import recovering
from facekeep.service.drill.crowd import DIMENSION, SEARCHES, Crowd, Searched
from facekeep.service.drill.declared import TRIES
from facekeep.service.drill.measurement import Measurement
from facekeep.service.drill.recovering import Columns, Templates

KNOWN = 160  # of the 192 templates of a block; least squares wants more than 128
HELD_BACK = 64
SLOTS = 24
BY_KNOWN = TRIES["templates by least squares from a block of which most templates are known"]
BY_DIFFERENCE = TRIES["differences of templates from two blocks of one collection"]
BY_SCORES = TRIES["masks of a block by elimination from probes, sums and released scores"]
TWICE = TRIES["answers of searches given twice in one session"]


def from_blocks(crowd: Crowd, found: Mapping[str, Columns]) -> tuple[Measurement, ...]:
    """What blocks tell. `found` has the columns that a thief holds, by block; none of both, and nothing was tried."""
    held = [found.get(one) for one in crowd.blocks[:2]]
    first, second = held
    if first is None or second is None:
        return ()
    told, flawed = (_by_known(pair, crowd.templates) for pair in ((first, second), _flawed(crowd.templates)))
    apart, reused = (
        _by_difference(pair, crowd.templates) for pair in ((first, second), _flawed(crowd.templates))
    )
    return (
        BY_KNOWN.came_to(told, with_flaw=flawed),
        BY_DIFFERENCE.came_to(apart, with_flaw=reused),
    )


def from_searches(crowd: Crowd) -> tuple[Measurement, ...]:
    """What searches tell whoever listens of the secret of the block that was searched, and whether answers count twice.

    Nothing was tried where the crowd was not searched.
    """
    if crowd.searched is None:
        return ()
    exact = _exact_scores(crowd.searched.probes, crowd.searched.sums)
    share, flawed = (_foretold(crowd.searched, scores) for scores in (crowd.searched.scores, exact))
    return (
        BY_SCORES.came_to(share, with_flaw=flawed),
        TWICE.came_to(crowd.taken_twice, with_flaw=SEARCHES),
    )


def blocks_in(folder: Path) -> dict[str, Columns]:
    """The columns of every block below a folder, by the name of its file."""
    every = [path for path in folder.rglob("*") if path.is_file() and "blocks" in path.parts]
    return {path.name: parse_block(path.read_bytes())[1] for path in every}


def blocks_mapped(pid: int, names: Sequence[str]) -> dict[str, Columns]:
    """The columns of those blocks that lie in the memory of a process, by name. Raises OSError: it cannot be read."""
    found = {}
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, name = line.split(maxsplit=1)[0], line.rsplit("/", 1)[-1]
            if name in names:
                start, end = (int(one, 16) for one in span.split("-"))
                memory.seek(start)
                found[name] = _columns(memory.read(end - start))
    return found


def _columns(page: bytes) -> Columns:
    """A block that fills pages of memory: what stands behind it on the last one is not its own."""
    size = HEADER_BYTES + 2 * int.from_bytes(page[10:12], "little") * int.from_bytes(page[12:16], "little")
    return parse_block(page[:size])[1]


def _by_known(pair: Sequence[Columns], templates: Sequence[Templates]) -> float:
    told = [recovering.told_by_known(one, true[:KNOWN]) for one, true in zip(pair, templates, strict=False)]
    truth = np.concatenate([true[KNOWN:] for true in templates[: len(pair)]])
    return abs(recovering.mean_cosine(np.concatenate(told), truth))


def _by_difference(pair: Sequence[Columns], templates: Sequence[Templates]) -> float:
    return abs(recovering.mean_cosine(recovering.told_by_difference(*pair), templates[0] - templates[1]))


def _flawed(templates: Sequence[Templates]) -> tuple[Columns, Columns]:
    """What two blocks would be if every slot of both lay under one mask."""
    masks = np.random.default_rng(7).integers(0, 1 << 32, (DIMENSION, 1))
    plain = [np.rint(RLWE_2048_32.gain * true.T.astype(np.float64)).astype(np.int64) for true in templates[:2]]
    first, second = (((one + masks + (1 << 15)) >> 16).astype(np.uint16).view(np.int16) for one in plain)
    return first, second


def _foretold(searched: Searched, scores: NDArray[np.float64]) -> float:
    rows = (searched.probes & 1).astype(np.uint8)
    bits = recovering.mask_bits(searched.sums, scores, unit=RLWE_2048_32.score_unit)
    shares = [recovering.share_predicted(rows, bits[:, slot], held_back=HELD_BACK) for slot in range(SLOTS)]
    return 0.5 + abs(float(np.mean(shares)) - 0.5)


def _exact_scores(probes: NDArray[np.int32], sums: NDArray[np.int32]) -> NDArray[np.float64]:
    """Scores that a vault without noise might release: any masks at all, and no rounding."""
    masks = np.random.default_rng(8).integers(0, 1 << 32, (DIMENSION, sums.shape[1]))
    raw = ((sums.astype(np.int64) << 16) - probes.astype(np.int64) @ masks) & 0xFFFFFFFF
    return raw.astype(np.float64) / RLWE_2048_32.score_unit

