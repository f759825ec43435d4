import pytest

from facekeep.faces.formats import ALLOWED, sniff


@pytest.mark.parametrize("name", [name for name in ALLOWED if name != "HEIF"])
def test_each_format_is_known_by_its_first_bytes(drawn, name):
    assert sniff(drawn(name)) == name


@pytest.mark.parametrize(
    ("untrusted", "expected"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "AVIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"%PDF-1.7", None),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", None),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_only_listed_formats_are_let_in(untrusted, expected):
    assert sniff(untrusted) == expected
