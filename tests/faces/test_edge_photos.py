"""Every kind of photo people really send, and some that nobody should; outcomes as the manifest expects."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from facekeep.errors import BadInput, Code
from facekeep.faces import PhotoAnalysis
from facekeep.faces.registry import locate
from facekeep.terms import Box

REFUSALS = {
    Code.PHOTO_EMPTY, Code.PHOTO_TOO_LARGE, Code.PHOTO_TOO_MANY_PIXELS, Code.PHOTO_UNSUPPORTED, Code.PHOTO_DAMAGED,
}  # fmt: skip
DEFAULT_GATE = 25


def _one(workers, path, **options):
    (got,) = workers.analyze([path.read_bytes()], **options)
    return got


@pytest.fixture(scope="module")
def plain(workers, real_faces):
    return _one(workers, real_faces / "edge" / "plain.jpg").faces[0]


def test_every_edge_photo_has_its_expected_outcome(workers, real_faces, manifest, plain):
    rows = [row for row in manifest if row["subset"] == "edge"]
    assert len(rows) > 60
    wrong = []
    for row in rows:
        got = _one(workers, real_faces / row["path"])
        expected = row["note"].split(";")[0].removeprefix("expect=")
        if not _as_expected(got, expected, int(row["n_faces"] or 0)):
            wrong.append((row["path"], expected, got))
    assert not wrong
    again = _one(workers, real_faces / "edge" / "plain.jpg").faces[0]
    np.testing.assert_array_equal(again.template, plain.template)


def _as_expected(got, expected, faces):
    if isinstance(got, BadInput):
        return expected.startswith("reject") and got.code in REFUSALS
    if expected == "reject":
        return False
    if expected in {"accept-no-face", "reject-or-accept-no-face"}:
        return got.faces == ()
    if expected == "accept-low-quality":
        return all(face.quality.score < DEFAULT_GATE and face.quality.reasons for face in got.faces)
    return len(got.faces) == faces


@pytest.mark.parametrize(
    ("name", "least"),
    [
        *((f"exif_orientation_{turn}.jpg", 0.98) for turn in range(1, 9)),
        *((f"rotated_{turn}_no_exif.jpg", 0.98) for turn in (90, 180, 270)),
        ("cmyk.jpg", 0.95), ("rgb_16bit.png", 0.95), ("rgba.png", 0.95), ("lossless.webp", 0.9), ("photo.heic", 0.95),
        ("photo.avif", 0.95), ("animated.gif", 0.85), ("wide_8000.jpg", 0.9), ("huge_6000.jpg", 0.9),
        ("mirrored.jpg", 0.9), ("rotated_20.jpg", 0.85), ("rotated_45.jpg", 0.6), ("gray.jpg", 0.85),
    ],
)  # fmt: skip
def test_the_same_portrait_gives_nearly_the_same_template(workers, real_faces, plain, name, least):
    (face,) = _one(workers, real_faces / "edge" / name).faces
    assert float(face.template @ plain.template) >= least


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_photo_on_its_side_is_answered_upright(workers, real_faces, degrees):
    got = _one(workers, real_faces / "edge" / f"rotated_{degrees}_no_exif.jpg", keep_photo=True)
    assert (got.width, got.height) == (480, 600)
    assert Image.open(io.BytesIO(got.photo_jpeg)).size == (480, 600)
    assert "turned clockwise" in got.advice[0]
    assert abs(got.faces[0].quality.roll) < 15


def test_nothing_but_pixels_leaves(workers, real_faces):
    got = _one(workers, real_faces / "edge" / "exif_gps.jpg", keep_photo=True)
    for jpeg in (got.photo_jpeg, got.faces[0].crop_jpeg):
        image = Image.open(io.BytesIO(jpeg))
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    zipped = _one(workers, real_faces / "edge" / "zip_appended.jpg", keep_photo=True)
    assert b"PK\x03\x04" not in zipped.photo_jpeg


def test_crops_are_small_squares(workers, real_faces):
    for name in ("huge_6000.jpg", "half_face.jpg", "tiny_40px.jpg"):
        for face in _one(workers, real_faces / "edge" / name).faces:
            width, height = Image.open(io.BytesIO(face.crop_jpeg)).size
            assert width == height <= 256


def test_all_faces_of_groups_are_found_largest_first(workers, real_faces, manifest):
    rows = [row for row in manifest if row["subset"] == "groups"]
    assert rows
    for row in rows:
        got = _one(workers, real_faces / row["path"])
        known_false = 1 if row["path"].endswith("cf_016_8.jpg") else 0  # a bun of hair
        assert int(row["n_faces"]) <= len(got.faces) <= int(row["n_faces"]) + known_false, row["path"]
        areas = [face.box.width * face.box.height for face in got.faces]
        assert areas == sorted(areas, reverse=True)


def test_a_box_picks_the_face_in_it(workers, real_faces):
    path = real_faces / "groups" / "two_people.jpg"
    faces = _one(workers, path).faces
    for face in faces:
        (chosen,) = _one(workers, path, box=face.box).faces
        np.testing.assert_array_equal(chosen.template, face.template)


def test_a_box_finds_a_face_that_the_detector_overlooks(workers, real_faces, plain):
    """A face lying on its side in a photo that another face holds upright."""
    upright = Image.open(real_faces / "edge" / "plain.jpg").convert("RGB")
    sheet = Image.new("RGB", (1100, 620), "gray")
    sheet.paste(upright, (0, 0))
    sheet.paste(upright.transpose(Image.Transpose.ROTATE_270), (490, 60))
    file = io.BytesIO()
    sheet.save(file, "PNG")
    left, top, width, height = plain.box.left, plain.box.top, plain.box.width, plain.box.height
    lying = Box(490 + 600 - top - height, 60 + left, height, width)
    (got,) = workers.analyze([file.getvalue()], box=lying)
    assert isinstance(got, PhotoAnalysis)
    assert float(got.faces[0].template @ plain.template) > 0.9


@pytest.mark.parametrize("box", [Box(-500, 0, 50, 50), Box(0, 0, float("nan"), 9), Box(0, 0, 1e30, 9), Box(5, 5, 0, 0)])
def test_a_box_that_is_no_part_of_the_photo_is_refused(workers, drawn, box):
    (got,) = workers.analyze([drawn("PNG")], box=box)
    assert isinstance(got, BadInput)
    assert got.code == Code.INVALID_REQUEST


def test_a_box_without_a_face_is_taken_with_low_quality(workers, drawn):
    (got,) = workers.analyze([drawn("PNG", 300, 300)], box=Box(100, 100, 80, 100))
    (face,) = got.faces
    assert face.detector_score == 0.0
    assert "no face detected in the box that was drawn" in face.quality.reasons
    assert float(np.linalg.norm(face.template)) == pytest.approx(1, abs=1e-5)


@pytest.fixture(scope="module")
def opencv(tmp_path_factory):
    models = locate("", tmp_path_factory.mktemp("models"))
    detector = cv2.FaceDetectorYN.create(models.detector_path, "", (320, 320), 0.6, 0.3, 5000)
    return detector, cv2.FaceRecognizerSF.create(models.embedder_path, "")


def test_templates_equal_opencv(workers, real_faces, manifest, opencv):
    """On photos that one look at their own size covers, as OpenCV takes it."""
    detector, recognizer = opencv
    paths = [real_faces / row["path"] for row in manifest if row["subset"] in {"lfw", "lfw_original"}][::150]
    least = 1.0
    for path in paths:
        image = cv2.imread(str(path))
        detector.setInputSize((image.shape[1], image.shape[0]))
        theirs = detector.detect(image)[1]
        ours = _one(workers, path).faces
        assert len(ours) == len(theirs)
        for row in theirs:
            nearest = min(ours, key=lambda face: abs(face.box.left - row[0]) + abs(face.box.top - row[1]))
            template = recognizer.feature(recognizer.alignCrop(image, row)).ravel()
            least = min(least, float(nearest.template @ (template / np.linalg.norm(template))))
    assert least >= 0.9999
