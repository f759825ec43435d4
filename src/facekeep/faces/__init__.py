"""Image bytes → templates. Image bytes are hostile, so decoding and inference happen in confined worker processes.

Importing this package loads no image or inference library; only a worker does.
"""

from facekeep.faces.pool import FaceWorkers
from facekeep.faces.results import DetectedFace, PhotoAnalysis, Quality

__all__ = ["DetectedFace", "FaceWorkers", "PhotoAnalysis", "Quality"]
