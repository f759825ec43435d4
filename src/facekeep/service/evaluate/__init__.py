"""How well the whole product recognizes the people of a labelled photo set, sealed and plain side by side."""

from facekeep.service.evaluate.report import CAVEAT, Report
from facekeep.service.evaluate.run import Progress, run_evaluation

__all__ = ["CAVEAT", "Progress", "Report", "run_evaluation"]
