"""The picture that warms up the faces worker."""

from io import BytesIO

from PIL import Image

from facekeep.service.warm import grey_png


def test_it_is_a_valid_grey_picture():
    with Image.open(BytesIO(grey_png(64))) as picture:
        picture.load()
        assert (picture.size, picture.mode, picture.getextrema()) == ((64, 64), "L", (128, 128))
