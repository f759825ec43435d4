"""Where blobs lie: a local folder, or a bucket by `s3://bucket/prefix`. Names come from `names.blob_name` alone."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from facekeep.errors import BadInput, Code
from facekeep.store.local_blobs import LocalBlobs
from facekeep.store.names import Folder
from facekeep.store.remote_blobs import RemoteBlobs, open_bucket


class BlobStore(Protocol):
    """Whole blobs by name; every method may be called from any thread."""

    def put(self, blobs: Mapping[str, bytes]) -> None:
        """Store all, durably, replacing what was there."""

    def get(self, name: str) -> bytes | None:
        """One blob, None if it is not there."""

    def path(self, name: str) -> Path | None:
        """A local file with one blob, None if it is not there."""

    def names(self, folder: Folder) -> Iterator[str]:
        """The id of every blob in a folder."""

    def delete(self, names: Iterable[str]) -> None:
        """Delete all, durably; absent ones are no error."""

    def close(self) -> None:
        """Let go of connections and threads."""


def open_blobs(url: str, store_dir: Path, cache_dir: Path) -> BlobStore:
    """The blob store that `url` names: empty (under `store_dir`), a folder, `file:///folder` or `s3://bucket/prefix`.

    Raises
    ------
    BadInput
        `invalid_setting`: another scheme, no bucket, a relative folder, or credentials in the URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return RemoteBlobs(open_bucket(parts), cache=LocalBlobs(cache_dir, [Folder.BLOCKS]))
    if parts.scheme not in ("", "file") or parts.netloc:
        raise BadInput(Code.INVALID_SETTING, "store.blobs_url must be a folder or s3://bucket/prefix")
    folder = Path(parts.path) if url else store_dir
    if not folder.is_absolute():
        raise BadInput(Code.INVALID_SETTING, "store.blobs_url must be an absolute folder")
    return LocalBlobs(folder)
