from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.errors import BadInput
from facekeep.store.names import SHARDS, Folder, blob_name, checked

PLAIN = st.text("abcdefghijklmnopqrstuvwxyz234567_0189", min_size=1, max_size=64)


@given(PLAIN, st.sampled_from(Folder))
def test_a_plain_id_is_the_last_of_three_parts(plain_id, folder):
    parts = PurePosixPath(blob_name(folder, plain_id)).parts
    assert parts[0] == folder
    assert parts[1] in SHARDS
    assert parts[2:] == (plain_id,)


@given(st.text(max_size=80) | st.text("ab/.\\\0\n~A", max_size=6))
def test_any_text_is_either_refused_or_stays_in_its_folder(untrusted_id):
    try:
        name = blob_name(Folder.PHOTOS, untrusted_id)
    except BadInput:
        return
    assert name.count("/") == 2
    assert "." not in name


def test_shards_are_even_for_ids_that_share_a_prefix():
    used = {blob_name(Folder.BLOCKS, f"block_{number}").split("/")[1] for number in range(4_000)}
    assert len(used) == 256


def test_the_refused_id_is_not_repeated_in_the_error():
    with pytest.raises(BadInput) as caught:
        checked(["fine", "../secret"])
    assert "secret" not in str(caught.value)
