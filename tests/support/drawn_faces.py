"""Faces without photos: any bytes are a "photo" of one face whose template depends on those bytes alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import numpy as np
from vault_driver import unit

from facekeep.faces import DetectedFace, PhotoAnalysis
from facekeep.faces.results import Quality
from facekeep.search.local import LocalSearch
from facekeep.service.keep import Keep
from facekeep.settings import Settings
from facekeep.store import Store
from facekeep.terms import Box, ModelContract
from facekeep.vault.client import VaultClient

CONTRACT = ModelContract("drawn", "d" * 64, "e" * 64, "five-points-112", 128)


class DrawnFaces:
    """Stands where `FaceWorkers` stands in a `Keep`, for tests of everything behind it."""

    contract = CONTRACT
    licenses = MappingProxyType({CONTRACT.name: "drawn"})

    def analyze(
        self,
        untrusted_photos: Sequence[bytes],
        *,
        box: Box | None = None,
        keep_photo: bool = False,
        probes: bool = False,
    ) -> list[PhotoAnalysis]:
        return [_analysis(photo, keep_photo=keep_photo, probes=probes) for photo in untrusted_photos]


def _analysis(photo: bytes, *, keep_photo: bool, probes: bool) -> PhotoAnalysis:
    face = DetectedFace(
        box=Box(10, 10, 80, 80),
        landmarks=np.zeros((5, 2), np.float32),
        detector_score=0.9,
        quality=Quality(90, (), 40.0, 0.8, 0.5, 0.0, 0.0, 0.0),
        template=unit(photo.decode()),
        probe=unit(photo.decode()) if probes else np.empty(0, np.float32),
        crop_jpeg=b"\xff\xd8\xff crop of " + photo,
    )
    kept = b"\xff\xd8\xff whole photo " + photo if keep_photo else b""
    return PhotoAnalysis(100, 100, (face,), kept, ())


@contextmanager
def drawn_keep(settings: Settings) -> Iterator[Keep]:
    """A keep in this process over a running vault and a real store, whose faces are drawn."""
    vault = VaultClient(settings.vault_socket)
    store = Store(settings.store, settings.store_dir, settings.cache_dir)
    try:
        store.migrate()
        yield Keep(settings, vault, store, LocalSearch(store.block_path, 1), DrawnFaces())  # type: ignore[arg-type]
    finally:
        store.close()
        vault.close()
