"""Multipart forms: parsed in memory, under limits, whatever the bytes and however they are cut."""

import pytest
from file_watch import no_file_is_written
from hypothesis import given
from hypothesis import strategies as some

from facekeep.errors import BadInput, Code
from facekeep.web.forms import FormReader
from facekeep.web.intake import MAX_METADATA_BYTES

TYPE = "multipart/form-data; boundary=edge"


def encoded(*parts: tuple[str, bytes]) -> bytes:
    head = b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="x.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return b"".join(head % name.encode() + data + b"\r\n" for name, data in parts) + b"--edge--\r\n"


def reader(max_photo_bytes: int = 1_000) -> FormReader:
    return FormReader(TYPE, ("photo", "metadata"), max_photo_bytes)


def parsed(body: bytes, max_photo_bytes: int = 1_000):
    one = reader(max_photo_bytes)
    one.feed(body)
    return one.finish()


def test_parts_come_in_order_with_their_bytes():
    form = parsed(encoded(("metadata", b"[{}]"), ("photo", b"\r\n--edg\xff"), ("photo", b"")))
    assert form.json("metadata") == b"[{}]"
    assert [bytes(part.data) for part in form.all("photo")] == [b"\r\n--edg\xff", b""]


@given(photos=some.lists(some.binary(max_size=200), max_size=4), cuts=some.lists(some.integers(1, 40), min_size=1))
def test_how_the_body_is_cut_does_not_matter(photos, cuts):
    photos = [one.replace(b"\r\n--edge", b"") for one in photos]
    body, one, place = encoded(*(("photo", photo) for photo in photos)), reader(), 0
    while place < len(body):
        size = cuts[place % len(cuts)]
        one.feed(body[place : place + size])
        place += size
    assert [bytes(part.data) for part in one.finish().all("photo")] == photos


@given(garbage=some.binary(max_size=300), cut=some.integers(0, 300))
def test_garbage_is_refused_and_never_crashes(garbage, cut):
    body = encoded(("photo", b"abc"))
    broken = body[:cut] + b"\0" + garbage
    if cut >= len(body.rstrip()):  # whatever follows the closing boundary means nothing
        assert bytes(parsed(broken).photo("photo")) == b"abc"
        return
    with pytest.raises(BadInput) as caught:
        parsed(broken)
    assert caught.value.code is Code.INVALID_REQUEST


def test_a_large_photo_stays_in_memory():
    """The framework's own parser would roll it over to a temporary file at 1 MB."""
    with no_file_is_written():
        form = parsed(encoded(("photo", b"x" * 5_000_000)), max_photo_bytes=20_000_000)
    assert len(form.photo("photo")) == 5_000_000


def test_the_watch_for_files_sees_them(tmp_path):
    with pytest.raises(AssertionError), no_file_is_written():
        (tmp_path / "leak").write_bytes(b"photo")


def test_a_photo_over_its_limit_is_dropped_at_once_and_said_so():
    form = parsed(encoded(("photo", b"x" * 1_001), ("photo", b"fine")))
    large, fine = form.all("photo")
    assert (large.too_large, len(large.data), large.refusal.code) == (True, 0, Code.PHOTO_TOO_LARGE)
    assert (fine.refusal, bytes(fine.data)) == (None, b"fine")


def test_metadata_over_its_limit_is_refused():
    form = parsed(encoded(("metadata", b"x" * (MAX_METADATA_BYTES + 1))))
    with pytest.raises(BadInput) as caught:
        form.json("metadata")
    assert caught.value.code is Code.REQUEST_TOO_LARGE


def test_unexpected_parts_are_refused_before_their_bytes_are_kept():
    with pytest.raises(BadInput, match="expected metadata, photo"):
        parsed(encoded(("upload", b"x" * 100)))


def test_too_many_parts_are_refused():
    with pytest.raises(BadInput, match="more than"):
        parsed(encoded(*[("photo", b"")] * 21))


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 300],
)
def test_other_types_are_refused(content_type):
    with pytest.raises(BadInput):
        FormReader(content_type, ("photo",), 1_000)


def test_a_form_that_ends_early_is_refused():
    with pytest.raises(BadInput, match="closing boundary"):
        parsed(encoded(("photo", b"abc"))[:-6])


def test_endless_headers_are_refused():
    with pytest.raises(BadInput):
        parsed(b'--edge\r\nContent-Disposition: form-data; name="' + b"a" * 100_000)


def test_exactly_one_photo_is_needed_where_one_is_meant():
    with pytest.raises(BadInput, match="exactly one"):
        parsed(encoded()).photo("photo")
    with pytest.raises(BadInput, match="more than one"):
        parsed(encoded(("photo", b"a"), ("photo", b"b"))).photo("photo")


def test_clearing_empties_the_buffers_themselves():
    form = parsed(encoded(("photo", b"face")))
    buffer = form.photo("photo")
    form.clear()
    assert buffer == b""
    assert form.parts == []
