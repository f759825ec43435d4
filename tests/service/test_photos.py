"""Which face of a photo is meant, and why a photo is refused."""

import numpy as np
import pytest

from facekeep.errors import Code
from facekeep.faces import DetectedFace, PhotoAnalysis
from facekeep.faces.results import Quality
from facekeep.service.photos import WhichFace, faces_to_enroll, forget_templates, probe_face
from facekeep.service.refusals import FaceProblem
from facekeep.terms import Box


def face(quality: int, left: float = 0.0, reasons: tuple[str, ...] = (), width: float = 50.0) -> DetectedFace:
    return DetectedFace(
        box=Box(left, 0.0, width, 60.0),
        landmarks=np.zeros((5, 2), np.float32),
        detector_score=0.9,
        quality=Quality(quality, reasons, 30.0, 0.5, 0.5, 0.0, 0.0, 0.0),
        template=np.full(128, 0.1, np.float32),
        probe=np.full(128, 0.2, np.float32),
        crop_jpeg=b"crop",
    )


def photo(*faces: DetectedFace, advice: tuple[str, ...] = ()) -> PhotoAnalysis:
    return PhotoAnalysis(640, 480, faces, b"", advice)


def test_no_face_is_refused_with_the_advice():
    with pytest.raises(FaceProblem, match="come closer") as caught:
        faces_to_enroll(photo(advice=("come closer",)), WhichFace.ALL, minimum_quality=0)
    assert caught.value.code is Code.NO_FACE


def test_several_faces_are_refused_with_every_box_unless_one_is_chosen():
    group = photo(face(80, 1.0), face(70, 2.0))
    with pytest.raises(FaceProblem) as caught:
        faces_to_enroll(group, WhichFace.ONLY, minimum_quality=0)
    assert caught.value.code is Code.SEVERAL_FACES
    assert [one.box.left for one in caught.value.faces] == [1.0, 2.0]
    assert faces_to_enroll(group, WhichFace.LARGEST, minimum_quality=0) == group.faces[:1]
    assert faces_to_enroll(group, WhichFace.ALL, minimum_quality=0) == group.faces


def test_low_quality_is_refused_with_reasons_and_advice():
    with pytest.raises(FaceProblem) as caught:
        faces_to_enroll(photo(face(12, 0, ("blurred",)), advice=("hold still",)), WhichFace.ONLY, minimum_quality=25)
    assert caught.value.code is Code.LOW_QUALITY
    assert caught.value.message == (
        "the face has quality 12, this collection asks for at least 25: blurred. hold still"
    )
    assert caught.value.faces[0].quality == 12


def test_the_limit_itself_is_good_enough():
    assert faces_to_enroll(photo(face(25)), WhichFace.ONLY, minimum_quality=25)


def test_with_all_poor_faces_are_left_out_while_one_is_good():
    group = photo(face(10), face(60), face(20))
    assert faces_to_enroll(group, WhichFace.ALL, minimum_quality=25) == group.faces[1:2]


def test_the_largest_face_is_not_passed_over_for_a_better_one():
    with pytest.raises(FaceProblem) as caught:
        faces_to_enroll(photo(face(10), face(90)), WhichFace.LARGEST, minimum_quality=25)
    assert caught.value.code is Code.LOW_QUALITY


def test_the_main_face_must_have_twice_the_area_of_any_other():
    portrait = photo(face(80, width=100.0), face(70, width=50.0), face(70, width=10.0))
    assert faces_to_enroll(portrait, WhichFace.MAIN, minimum_quality=0) == portrait.faces[:1]
    assert faces_to_enroll(photo(portrait.faces[0]), WhichFace.MAIN, minimum_quality=0) == portrait.faces[:1]
    with pytest.raises(FaceProblem) as caught:
        faces_to_enroll(photo(face(80, width=99.9), face(70)), WhichFace.MAIN, minimum_quality=0)
    assert (caught.value.code, len(caught.value.faces)) == (Code.SEVERAL_FACES, 2)


def test_a_probe_is_the_only_face_or_the_chosen_one():
    group = photo(face(80), face(70))
    assert probe_face(group, 1) is group.faces[1]
    with pytest.raises(FaceProblem) as several:
        probe_face(group, None)
    assert (several.value.code, len(several.value.faces)) == (Code.SEVERAL_FACES, 2)
    with pytest.raises(FaceProblem) as beyond:
        probe_face(group, 2)
    assert beyond.value.code is Code.INVALID_REQUEST


def test_templates_are_overwritten_when_done():
    group = photo(face(80), face(70))
    forget_templates([group])
    assert not any(one.template.any() or one.probe.any() for one in group.faces)
