"""Find the faces on a photo and say how good they are. Nothing is searched or stored."""

from dataclasses import dataclass

from facekeep.service.keep import Keep
from facekeep.service.photos import UntrustedPhoto, analyzed, forget_templates
from facekeep.terms import Box, SessionToken
from facekeep.vault.wire import AskDetect, Done


@dataclass(frozen=True, slots=True)
class FaceFound:
    """A face on a photo. `landmarks` are eyes, nose and mouth corners as (x, y) pixels of the upright photo."""

    box: Box
    landmarks: tuple[tuple[float, float], ...]
    detector_score: float
    quality: int
    quality_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """The faces of a photo, largest first; sizes in pixels of the upright photo; `advice` in words."""

    width: int
    height: int
    faces: tuple[FaceFound, ...]
    advice: tuple[str, ...]


def detect(keep: Keep, session: SessionToken, untrusted_photo: UntrustedPhoto) -> Detection:
    """The faces of one photo. A photo without a face is no error: the list is empty."""
    keep.vault.call(AskDetect(session=session), Done)
    analysis = analyzed(keep, untrusted_photo)
    found = tuple(
        FaceFound(
            face.box,
            tuple((float(x), float(y)) for x, y in face.landmarks),
            face.detector_score,
            face.quality.score,
            face.quality.reasons,
        )
        for face in analysis.faces
    )
    forget_templates([analysis])
    return Detection(analysis.width, analysis.height, found, analysis.advice)
