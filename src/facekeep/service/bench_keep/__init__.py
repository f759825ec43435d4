"""How fast and how large a whole keep is with many faces in it: `run` enrolls, searches, restarts and weighs one."""

from facekeep.service.bench_keep.figures import KeepFigures
from facekeep.service.bench_keep.run import run

__all__ = ["KeepFigures", "run"]
