"""The report of an evaluation: figures, what they were measured with, and the warning that belongs to them."""

import msgspec

from facekeep.service.evaluate.side import Side
from facekeep.vault.wire import Contract

CAVEAT = (
    "Labeled Faces in the Wild and photographs like it are press pictures of public figures. Its authors state that "
    "results on it must not be presented as proof of fitness for commercial or operational use, and that children, "
    "people over 80, women and many ethnic groups are under-represented. Measure on your own photographs before you "
    "rely on a figure."
)


class Report(msgspec.Struct, frozen=True):
    """Figures of one run. `sealed` went through the whole product, `plain` is numpy on the same templates.

    `refused` counts photos that were refused by error code; `durations_s` is wall time by step.
    """

    protocol: str
    seed: int
    trials: int
    photos: int
    people: int
    detection_rate: float
    detection_interval: tuple[float, float]
    refused: dict[str, int]
    sealed: Side
    plain: Side
    model: Contract
    durations_s: dict[str, float]
    caveat: str = CAVEAT

    def to_json(self) -> bytes:
        """The report as indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"
