"""From a hostile photo to the one face that is meant, or to the reason why not."""

from collections.abc import Sequence
from enum import StrEnum

from facekeep.errors import Code, FacekeepError
from facekeep.faces import DetectedFace, PhotoAnalysis
from facekeep.service.keep import Keep
from facekeep.service.memory import wipe
from facekeep.service.refusals import FaceProblem, FaceSeen
from facekeep.terms import Box

UntrustedPhoto = bytes | bytearray


class WhichFace(StrEnum):
    """Which faces of a photo are meant: its only one, the one that stands out, the largest, or every one.

    One stands out when its box has at least twice the area of any other: a portrait with passers-by behind.
    """

    ONLY = "only"
    MAIN = "main"
    LARGEST = "largest"
    ALL = "all"


def seen(face: DetectedFace) -> FaceSeen:
    """What may be told of a detected face without its template."""
    return FaceSeen(face.box, face.quality.score, face.quality.reasons)


def analyzed(
    keep: Keep, untrusted_photo: UntrustedPhoto, *, box: Box | None = None, probes: bool = False
) -> PhotoAnalysis:
    """The faces of one photo, largest first, with probes where they will be searched for. Raises the photo's error."""
    result = keep.faces.analyze([bytes(untrusted_photo)], box=box, probes=probes)[0]
    if isinstance(result, FacekeepError):
        raise result
    return result


def probe_face(analysis: PhotoAnalysis, face_index: int | None) -> DetectedFace:
    """The face to search for: the only one, or the one chosen by its place in the list of faces.

    Raises
    ------
    FaceProblem
        `no_face`; `several_faces` where none was chosen; `invalid_request` where there is no such face.
    """
    if not analysis.faces:
        raise FaceProblem(Code.NO_FACE, _with_advice("no face was found", analysis.advice))
    if face_index is None:
        return _only(analysis)
    if face_index >= len(analysis.faces):
        text = f"face_index is {face_index}, but the photo shows {len(analysis.faces)} faces"
        raise FaceProblem(Code.INVALID_REQUEST, text, _all_seen(analysis))
    return analysis.faces[face_index]


def faces_to_enroll(analysis: PhotoAnalysis, which: WhichFace, *, minimum_quality: int) -> tuple[DetectedFace, ...]:
    """The faces of a photo that are meant and good enough.

    With `all`, faces that are too poor are left out as long as one is good enough.

    Raises
    ------
    FaceProblem
        `no_face`, `several_faces` or `low_quality`, with the faces in question and advice.
    """
    if not analysis.faces:
        raise FaceProblem(Code.NO_FACE, _with_advice("no face was found", analysis.advice))
    if which is WhichFace.ONLY or (which is WhichFace.MAIN and not _one_stands_out(analysis.faces)):
        _only(analysis)
    meant = analysis.faces if which is WhichFace.ALL else analysis.faces[:1]
    good = tuple(face for face in meant if face.quality.score >= minimum_quality)
    if not good:
        raise _too_poor(meant, minimum_quality, analysis.advice)
    return good


def forget_templates(analyses: Sequence[PhotoAnalysis | FacekeepError]) -> None:
    """Overwrite every template and probe of the analyses; call when the answer no longer needs them."""
    for analysis in analyses:
        if isinstance(analysis, PhotoAnalysis):
            wipe(*(each for face in analysis.faces for each in (face.template, face.probe)))


def _one_stands_out(faces: Sequence[DetectedFace]) -> bool:
    """Whether the first face, the largest, has twice the area of the next."""
    areas = [face.box.width * face.box.height for face in faces]
    return len(areas) == 1 or areas[0] >= 2 * areas[1]


def _only(analysis: PhotoAnalysis) -> DetectedFace:
    if len(analysis.faces) > 1:
        text = f"the photo shows {len(analysis.faces)} faces; say which one is meant"
        raise FaceProblem(Code.SEVERAL_FACES, text, _all_seen(analysis))
    return analysis.faces[0]


def _all_seen(analysis: PhotoAnalysis) -> tuple[FaceSeen, ...]:
    return tuple(seen(face) for face in analysis.faces)


def _too_poor(faces: Sequence[DetectedFace], minimum: int, advice: Sequence[str]) -> FaceProblem:
    best = max(faces, key=lambda face: face.quality.score)
    reasons = "; ".join(best.quality.reasons)
    text = f"the face has quality {best.quality.score}, this collection asks for at least {minimum}"
    with_reasons = f"{text}: {reasons}" if reasons else text
    return FaceProblem(Code.LOW_QUALITY, _with_advice(with_reasons, advice), tuple(seen(face) for face in faces))


def _with_advice(text: str, advice: Sequence[str]) -> str:
    return ". ".join([text, *advice])
