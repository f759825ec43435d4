import os
import shutil
import socket
from datetime import timedelta

import boto3
import pytest

from facekeep.errors import Code, Tampered, Unavailable
from facekeep.settings import StoreSettings
from facekeep.store import Store, remote_blobs
from facekeep.terms import BlockId, CellKind


@pytest.fixture
def store(bucket, tmp_path):
    store = Store(StoreSettings(blobs_url=f"s3://{bucket}/keep/one"), tmp_path / "store", tmp_path / "cache")
    store.migrate()
    yield store
    store.close()


def _keys(bucket: str) -> list[str]:
    return [entry["Key"] for entry in boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_objects_are_named_by_prefix_shard_and_random_id(store, bucket, make_cell):
    photo = make_cell(CellKind.PHOTO)
    store.put([photo, make_cell(CellKind.CROP)], {BlockId("b_one"): b"x"})
    assert [(*key.split("/")[:3], key.split("/")[-1]) for key in _keys(bucket)] == [
        ("keep", "one", "blocks", "b_one"),
        ("keep", "one", "photos", photo.cell_id),
    ]


def test_every_name_is_listed_with_its_kind(store, make_cell):
    photo, crop = make_cell(CellKind.PHOTO), make_cell(CellKind.CROP)
    store.put([photo, crop], {BlockId("b_one"): b"x"})
    assert sorted(store.names(), key=str) == sorted(
        [(photo.cell_id, CellKind.PHOTO), (crop.cell_id, CellKind.CROP), (BlockId("b_one"), None)], key=str
    )


def test_a_photo_longer_than_one_part_is_one_object(store, make_cell):
    photo = make_cell(CellKind.PHOTO, 12_000_000)
    store.put([photo], {})
    assert store.get([photo.cell_id]) == {photo.cell_id: photo}


def test_a_block_is_fetched_once_and_again_when_the_cache_was_emptied(store, bucket, tmp_path):
    store.put([], {BlockId("b_one"): b"sealed"})
    path = store.block_path(BlockId("b_one"))
    assert path.is_relative_to(tmp_path / "cache" / "blocks")
    boto3.client("s3").put_object(Bucket=bucket, Key=_keys(bucket)[0], Body=b"another")
    assert store.block_path(BlockId("b_one")).read_bytes() == b"sealed"
    shutil.rmtree(tmp_path / "cache")
    assert store.block_path(BlockId("b_one")).read_bytes() == b"another"


def test_delete_takes_the_object_and_its_cached_file(store, bucket):
    store.put([], {BlockId("b_one"): b"sealed"})
    path = store.block_path(BlockId("b_one"))
    store.delete([], [BlockId("b_one")])
    assert _keys(bucket) == []
    assert not path.exists()
    with pytest.raises(Tampered):
        store.block_path(BlockId("b_one"))


def test_more_deletions_than_one_request_takes(store, bucket, make_cell):
    photos = [make_cell(CellKind.PHOTO, 10) for _ in range(30)]
    store.put(photos, {})
    store.delete([*(f"absent_{number}" for number in range(1_200)), *(photo.cell_id for photo in photos)], [])
    assert _keys(bucket) == []


def test_a_bucket_that_is_gone_is_unavailable_and_no_alarm(bucket, tmp_path, make_cell):
    store = Store(StoreSettings(blobs_url="s3://no-such-bucket/keep"), tmp_path / "store", tmp_path / "cache")
    store.migrate()
    row = make_cell()
    with pytest.raises(Unavailable) as caught:
        store.put([row, make_cell(CellKind.PHOTO)], {})
    assert caught.value.code is Code.STORE_UNAVAILABLE
    assert "no-such-bucket" not in str(caught.value)
    for attempt in (
        lambda: store.get([row.cell_id]),
        lambda: store.block_path(BlockId("b_one")),
        lambda: store.delete([row.cell_id], []),
    ):
        with pytest.raises(Unavailable):
            attempt()
    store.close()
    here = Store(StoreSettings(), tmp_path / "store", tmp_path / "cache")
    with pytest.raises(Tampered):  # the row was not committed without its photo
        here.get([row.cell_id])
    here.close()


def test_a_service_that_does_not_answer_is_unavailable(bucket, tmp_path, make_cell, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setattr(remote_blobs, "_GIVE_UP_AFTER", timedelta(seconds=1))
        store = Store(StoreSettings(blobs_url=f"s3://{bucket}/keep"), tmp_path / "store", tmp_path / "cache")
        with pytest.raises(Unavailable) as caught:
            store.put([make_cell(CellKind.PHOTO)], {})
        assert caught.value.code is Code.STORE_UNAVAILABLE
        store.close()


def test_plain_http_is_only_for_this_machine(bucket, tmp_path, make_cell, monkeypatch):
    port = os.environ["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{socket.gethostname()}:{port}")
    monkeypatch.setattr(remote_blobs, "_GIVE_UP_AFTER", timedelta(seconds=1))
    store = Store(StoreSettings(blobs_url=f"s3://{bucket}/keep"), tmp_path / "store", tmp_path / "cache")
    with pytest.raises(Unavailable) as caught:
        store.put([make_cell(CellKind.PHOTO)], {})
    assert "http" in str(caught.value.__cause__).lower()
    store.close()
