import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from facekeep.errors import BadInput, Code
from facekeep.faces.decode import Limits, decode, prepare

LIMITS = Limits(max_pixels=50_000_000, max_side_px=16_384)
prepare()


def _png(*chunks):
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _header(width, height, depth=8, color=2):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)


def _refused(untrusted, limits=LIMITS):
    with pytest.raises(BadInput) as refusal:
        decode(untrusted, limits)
    return refusal.value.code


@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF", "BMP"])
def test_lossless_formats_keep_every_pixel(drawn, name):
    options = {"lossless": True} if name == "WEBP" else {}
    np.testing.assert_array_equal(
        np.asarray(decode(drawn(name, **options), LIMITS)), np.asarray(decode(drawn("PNG"), LIMITS))
    )


@pytest.mark.parametrize("name", ["JPEG", "AVIF", "GIF"])
def test_lossy_formats_keep_the_picture(drawn, name):
    got = np.asarray(decode(drawn(name), LIMITS)).astype(int)
    assert np.abs(got - np.asarray(decode(drawn("PNG"), LIMITS))).mean() < 8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "I"])
def test_every_mode_becomes_8_bit_rgb(drawn, mode):
    if mode.startswith("I"):
        file = io.BytesIO()
        Image.fromarray((np.arange(6000).reshape(60, 100) * 10).astype(np.uint16)).save(file, "PNG")
        photo = file.getvalue()
    else:
        photo = drawn("PNG", mode=mode)
    image = decode(photo, LIMITS)
    assert image.mode == "RGB"
    assert np.asarray(image).std() > 20


def test_sixteen_bits_are_brought_to_eight():
    file = io.BytesIO()
    Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(file, "PNG")
    assert np.asarray(decode(file.getvalue(), LIMITS))[0, :, 0].tolist() == [0, 128, 255]


def test_cmyk_is_read(drawn):
    photo = drawn("JPEG", mode="CMYK", quality=95)
    assert np.abs(np.asarray(decode(photo, LIMITS)).astype(int) - np.asarray(decode(drawn("PNG"), LIMITS))).mean() < 8


def test_transparent_pixels_become_the_background():
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (10, 20, 30, 0)).save(file, "PNG")
    assert set(np.asarray(decode(file.getvalue(), LIMITS)).ravel().tolist()) == {255}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    upright = Image.fromarray(np.arange(24, dtype=np.uint8).reshape(4, 6) * 10).convert("RGB")
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright if orientation == 1 else upright.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    stored.save(file, "PNG", exif=exif)
    np.testing.assert_array_equal(np.asarray(decode(file.getvalue(), LIMITS)), np.asarray(upright))


def test_only_the_first_frame_counts():
    file = io.BytesIO()
    first, second = (Image.new("RGB", (20, 20), color) for color in ("red", "blue"))
    first.save(file, "GIF", save_all=True, append_images=[second])
    assert np.asarray(decode(file.getvalue(), LIMITS))[0, 0].tolist() == [255, 0, 0]


def test_no_metadata_survives(drawn):
    exif = Image.Exif()
    exif[0x013B] = "the artist"
    image = decode(drawn("JPEG", exif=exif, comment=b"a comment", dpi=(300, 300)), LIMITS)
    assert image.info == {}
    assert not image.getexif()


def test_appended_data_is_dropped(drawn):
    np.testing.assert_array_equal(
        np.asarray(decode(drawn("PNG") + b"PK\x03\x04" + bytes(1000), LIMITS)), np.asarray(decode(drawn("PNG"), LIMITS))
    )


def test_empty_large_and_foreign_bytes_have_their_own_codes():
    assert _refused(b"") == Code.PHOTO_EMPTY
    assert _refused(b"\xff\xd8\xff" + bytes(20_000_000)) == Code.PHOTO_TOO_LARGE
    assert _refused(b"<html></html>") == Code.PHOTO_UNSUPPORTED


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "AVIF"])
@pytest.mark.parametrize("part", [0.02, 0.5])
def test_cut_off_photos_are_damaged(drawn, name, part):
    whole = drawn(name, 300, 200)
    assert _refused(whole[: max(int(len(whole) * part), 16)]) == Code.PHOTO_DAMAGED


def test_a_header_that_declares_too_much_is_refused_unread():
    assert _refused(_png(_header(30_000, 30_000), (b"IDAT", b""))) == Code.PHOTO_TOO_MANY_PIXELS
    assert _refused(_png(_header(16_385, 2), (b"IDAT", b""))) == Code.PHOTO_TOO_MANY_PIXELS
    gif = (
        b"GIF89a"
        + struct.pack("<HH", 65_535, 65_535)
        + b"\x80\0\0"
        + bytes(6)
        + b","
        + struct.pack("<HHHH", 0, 0, 65_535, 65_535)
        + b"\0\x02\x02\x4c\x01\0;"
    )
    assert _refused(gif) == Code.PHOTO_TOO_MANY_PIXELS


def test_a_text_chunk_that_unpacks_to_much_is_refused():
    bomb = b"note\0\0" + zlib.compress(bytes(40_000_000))
    pixel = (b"IDAT", zlib.compress(b"\0\0\0\0"))
    assert _refused(_png(_header(1, 1), (b"zTXt", bomb), pixel, (b"IEND", b""))) == Code.PHOTO_DAMAGED


def test_a_wrong_checksum_is_damage(drawn):
    photo = bytearray(drawn("PNG"))
    photo[30] ^= 0xFF
    assert _refused(bytes(photo)) == Code.PHOTO_DAMAGED


def test_random_alterations_are_answered_with_a_picture_or_a_code(drawn):
    rng = np.random.default_rng(3)
    for name in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"):
        whole = np.frombuffer(drawn(name), np.uint8)
        for _ in range(40):
            altered = whole.copy()
            places = rng.integers(0, len(altered), 5)
            altered[places] = rng.integers(0, 256, 5)
            assert _outcome(altered.tobytes()) in {
                "RGB",
                Code.PHOTO_DAMAGED,
                Code.PHOTO_UNSUPPORTED,
                Code.PHOTO_TOO_MANY_PIXELS,
            }


def _outcome(untrusted):
    try:
        return decode(untrusted, Limits(1_000_000, 4_000)).mode
    except BadInput as refusal:
        return refusal.code


def test_the_limit_of_one_photo_is_not_left_behind_for_the_process(drawn):
    usual = Image.MAX_IMAGE_PIXELS
    small = Limits(max_pixels=100, max_side_px=10)
    assert _refused(drawn("PNG"), small) is Code.PHOTO_TOO_MANY_PIXELS
    assert usual == Image.MAX_IMAGE_PIXELS
    decode(drawn("PNG"), LIMITS)
    assert usual == Image.MAX_IMAGE_PIXELS
