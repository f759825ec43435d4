"""Why a photo was understood and still refused: which faces are in question. Imports little: every door needs it."""

from dataclasses import dataclass

from facekeep.errors import BadInput, Code
from facekeep.terms import Box


@dataclass(frozen=True, slots=True)
class FaceSeen:
    """A face as found on a photo: its place, and how good it is (0 to 100, with reasons in words)."""

    box: Box
    quality: int
    quality_reasons: tuple[str, ...]


class FaceProblem(BadInput):
    """A photo was understood, but not which face is meant, or it is too poor. `faces` are those in question."""

    def __init__(self, code: Code, message: str, faces: tuple[FaceSeen, ...] = ()) -> None:
        super().__init__(code, message)
        self.faces = faces
