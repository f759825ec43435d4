"""How a whole keep answers searches over HTTP, one at a time and from many clients at once: `run` loads one."""

from facekeep.service.bench_load.figures import LoadFigures
from facekeep.service.bench_load.run import Plan, run

__all__ = ["LoadFigures", "Plan", "run"]
