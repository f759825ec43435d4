"""What decoys need to know of the machine and of the operator's settings."""

from dataclasses import dataclass, field
from pathlib import Path

from facekeep.settings import CanarySettings
from facekeep.vault.canaries.file_watch import FileWatch


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The data folder in which decoy files lie, the watch over them, and how a touch is answered."""

    data_dir: Path
    settings: CanarySettings = field(default_factory=CanarySettings)
    watch: FileWatch = field(default_factory=FileWatch)
