"""Benchmark of the sealed index beside plaintext peers, in one run: `python -m facekeep.vault.bench_index`.

Templates are synthetic unit vectors; nothing here says anything about faces. The sealed search runs in turn with every
peer, so that a machine that slows down slows both, and each ratio is the median over turns of the two times next to
each other.
"""

import gc
import json
import platform
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import shake_128
from pathlib import Path
from statistics import median

import click
import numba
import numpy as np
from numpy.typing import NDArray

from facekeep.errors import FacekeepError
from facekeep.sealed.compute import CORES, compiled, spread
from facekeep.sealed.ring import DEGREE, PublicPolynomials
from facekeep.sealed.scan import BlockList, scan_blocks
from facekeep.sealed.scan_kernels import columns_at
from facekeep.sealed.secret import (
    Aim,
    BlockSecret,
    SecretStack,
    block_tags,
    check_vector,
    contenders,
    open_sums,
    quantize_probe,
    seal_block,
    verify_sums,
)
from facekeep.vault.noise import MARGIN

_BATCH = 16
_AIM = Aim(floor=-1.0, k=10, margin=MARGIN)  # a floor that keeps nothing out: the list is always full
_COLLECTION = "bench"
_SEED_BYTES = 32

Report = dict[str, object]
Times = dict[str, float]


@dataclass(frozen=True)
class SealedGallery:
    """Everything one sealed search needs, made from synthetic templates. `seal_us` is the median per template.

    `sums` int32 (16, total) is room that is made once.
    """

    blocks: BlockList
    public: PublicPolynomials
    stack: SecretStack
    check: NDArray[np.uint32]
    seal_us: float
    bytes_a_template: float
    sums: NDArray[np.int32]

    def scan(self, probes: NDArray[np.int32]) -> NDArray[np.int32]:
        """What a search node does."""
        return scan_blocks(self.blocks, probes, self.sums[: len(probes)], CORES)

    def release(self, sums: NDArray[np.int32], probes: NDArray[np.int32]) -> list[NDArray[np.int64]]:
        """What the vault does, up to the shortlist that noise and policy then work on."""
        openings = open_sums(verify_sums(sums, probes, self.public, self.stack, self.check), _AIM)
        return [contenders(one, _AIM)[0] for one in openings]


def unit_templates(dimension: int, count: int) -> Iterator[NDArray[np.float32]]:
    """Batches of at most 2048 synthetic unit vectors, float32 (n, D), always the same."""
    for start in range(0, count, DEGREE):
        slots = min(DEGREE, count - start)
        stream = shake_128(f"templates {dimension} {start}".encode()).digest(slots * dimension)
        templates = np.frombuffer(stream, np.int8).reshape(slots, dimension).astype(np.float32)
        yield templates / np.linalg.norm(templates, axis=1, keepdims=True)


def seal_gallery(dimension: int, count: int) -> SealedGallery:
    """Seal `count` synthetic templates, each block under its own fresh secret."""
    public = PublicPolynomials.expand(secrets.token_bytes(_SEED_BYTES), _COLLECTION, dimension)
    check = check_vector(secrets.token_bytes(_SEED_BYTES))
    public.spectra.sum()  # made once a collection, not once a block
    columns, kept, seconds = [], [], []
    for templates in unit_templates(dimension, count):
        seed, started = secrets.token_bytes(_SEED_BYTES), time.perf_counter()
        columns.append(seal_block(templates, public, seed, secrets.token_bytes(_SEED_BYTES)))
        seconds.append((time.perf_counter() - started) / len(templates))
        kept.append((BlockSecret.from_seed(seed), block_tags(columns[-1], check), len(templates)))
    return SealedGallery(
        blocks=BlockList.of(columns),
        public=public,
        stack=SecretStack.of(kept, dimension),
        check=check,
        seal_us=median(seconds[: count // DEGREE] or seconds) * 1e6,
        bytes_a_template=sum(one.nbytes for one in columns) / count,
        sums=np.zeros((_BATCH, count), np.int32),
    )


def measure(dimension: int, count: int, repeats: int) -> Report:
    """The whole benchmark; the keys of the report are documented in `docs/performance.md`."""
    from facekeep.vault import bench_peers  # noqa: PLC0415  FAISS is no dependency of the vault

    gallery = seal_gallery(dimension, count)
    unit = next(unit_templates(dimension, _BATCH))
    probes = np.stack([quantize_probe(one) for one in unit])
    ours = _ours(gallery, probes)
    turns: list[Times] = []
    batch_turns: list[Times] = []
    for name in bench_peers.PEERS:
        search = bench_peers.filled(name, dimension, unit_templates(dimension, count))
        turns += _take_turns({**ours, name: lambda s=search: s(unit[:1])}, repeats)  # type: ignore[misc]
        both = {"sealed_batch": _batch_of(gallery, probes), f"{name}_batch": lambda s=search: s(unit)}  # type: ignore[misc]
        batch_turns += _take_turns({"sealed": ours["sealed"], **both}, max(3, repeats // 5))
        del search, both
        gc.collect()
    about = {"dimension": dimension, "templates": count, "threads": {"sealed": CORES, "faiss": bench_peers.threads()}}
    return about | _figures(gallery, list(bench_peers.PEERS), turns, batch_turns) | {"machine": _machine()}


def _ours(gallery: SealedGallery, probes: NDArray[np.int32]) -> dict[str, Callable[[], object]]:
    """What is timed in turns. The vault's step comes after a scan, as in a search, and works on what that left."""
    one = probes[:1]
    return {
        "read": lambda: read(gallery.blocks),
        "scan": lambda: gallery.scan(one),
        "vault": lambda: gallery.release(gallery.sums[:1], one),
        "sealed": lambda: gallery.release(gallery.scan(one), one),
    }


def _batch_of(gallery: SealedGallery, probes: NDArray[np.int32]) -> Callable[[], object]:
    return lambda: gallery.release(gallery.scan(probes), probes)


def _take_turns(actions: Mapping[str, Callable[[], object]], repeats: int) -> list[Times]:
    """Milliseconds of every action, one after the other, `repeats` times; a first turn warms up and is dropped."""
    return [{name: _milliseconds(action) for name, action in actions.items()} for _ in range(repeats + 1)][1:]


def _milliseconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1e3


def _figures(gallery: SealedGallery, peers: list[str], turns: list[Times], batch_turns: list[Times]) -> Report:
    return {
        "sealed_ms": _typical(turns, "sealed"),
        "sealed_batch16_ms": _typical(batch_turns, "sealed_batch") / _BATCH,
        "scan_ms": _typical(turns, "scan"),
        "read_ms": _typical(turns, "read"),
        "vault_ms": _typical(turns, "vault") * 1e6 / gallery.blocks.total,
        "bytes_per_template": gallery.bytes_a_template,
        "seal_us_per_template": gallery.seal_us,
        "peers": {f"{name}_ms": _typical(turns, name) for name in peers},
        "peers_batch16_ms": {f"{name}_ms": _typical(batch_turns, f"{name}_batch") / _BATCH for name in peers},
        "ratios": {
            **{f"sealed_to_{name}": _ratio(turns, "sealed", name) for name in peers},
            **{f"batch16_to_{name}": _ratio(batch_turns, "sealed_batch", f"{name}_batch") for name in peers},
            "scan_to_read": _ratio(turns, "scan", "read"),
            "batch16_to_single": _ratio(batch_turns, "sealed_batch", "sealed") / _BATCH,
        },
        "turns": len(turns),
    }


def _typical(turns: list[Times], name: str) -> float:
    return median(turn[name] for turn in turns if name in turn)


def _ratio(turns: list[Times], name: str, base: str) -> float:
    return median(turn[name] / turn[base] for turn in turns if base in turn)


def _machine() -> dict[str, str]:
    return {"system": platform.platform(), "processor": _processor(), "numba": numba.__version__}


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def read(blocks: BlockList) -> list[np.int64]:
    """Read every byte of the blocks once, mixed so that none can be left out; what the scan is compared with."""
    mixed: list[np.int64] = []
    dimension = len(blocks.blocks[0])

    def task(first: int, last: int) -> None:
        mixed.append(_read_range(blocks.addresses, blocks.starts, first, last, dimension))

    spread(task, len(blocks.blocks), threads=CORES, at_least=1)
    return mixed


@compiled("int64(int64[::1], int64[::1], int64, int64, int64)")
def _read_range(
    addresses: NDArray[np.int64], starts: NDArray[np.int64], first: int, last: int, dimension: int
) -> np.int64:
    mixed = np.int64(0)
    for k in range(first, last):
        stored = columns_at(addresses[k], dimension, starts[k + 1] - starts[k]).reshape(-1)
        words = stored[: stored.size - stored.size % 4].view(np.int64)
        for j in range(words.size):
            mixed ^= words[j]
    return mixed


@click.command()
@click.option("--dimension", type=click.IntRange(1, 512), default=512, show_default=True)
@click.option("--templates", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=15, show_default=True)
@click.option("--json", "output", type=click.Path(dir_okay=False, path_type=Path), default=None)
def main(dimension: int, templates: int, repeats: int, output: Path | None) -> None:
    """Time sealed search beside FAISS and print, or write, one JSON report."""
    try:
        text = json.dumps(measure(dimension, templates, repeats), indent=2) + "\n"
    except FacekeepError as error:
        raise click.ClickException(error.message) from error
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text)


if __name__ == "__main__":
    main()
