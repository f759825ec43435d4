"""Blobs as objects of an S3 bucket. An object is durable once the service has answered the upload.

Endpoint, region and credentials come from the standard AWS environment variables and never from settings. On a bucket
that keeps versions a delete leaves an older version behind: ciphertext whose key the vault has destroyed.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import obstore
from obstore.store import S3Store

from facekeep.errors import BadInput, Code
from facekeep.store.failures import translated
from facekeep.store.local_blobs import LocalBlobs
from facekeep.store.names import Folder

if TYPE_CHECKING:
    from obstore.store import ClientConfig

_UPLOADS_AT_ONCE = 8
_RETRIES = 4
_GIVE_UP_AFTER = timedelta(seconds=30)
_ONE_REQUEST = timedelta(seconds=30)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def open_bucket(url: SplitResult) -> S3Store:
    """The bucket and prefix of an `s3://bucket/prefix` URL.

    Raises
    ------
    BadInput
        `invalid_setting`: no bucket, or credentials in the URL.
    """
    if not url.hostname or "@" in url.netloc or url.query:
        raise BadInput(Code.INVALID_SETTING, "store.blobs_url must read s3://bucket/prefix, without credentials")
    options: ClientConfig = {"timeout": _ONE_REQUEST}
    if _endpoint_is_loopback():
        options["allow_http"] = True
    with translated():
        return S3Store(
            url.netloc,
            prefix=url.path.strip("/") or None,
            client_options=options,
            retry_config={"max_retries": _RETRIES, "retry_timeout": _GIVE_UP_AFTER},
        )


class RemoteBlobs:
    """Blobs in a bucket; those asked for as files are kept in a local cache, which may be emptied at any time."""

    def __init__(self, bucket: S3Store, *, cache: LocalBlobs) -> None:
        self._bucket = bucket
        self._cache = cache
        self._uploads = ThreadPoolExecutor(_UPLOADS_AT_ONCE, thread_name_prefix="upload")

    def put(self, blobs: Mapping[str, bytes]) -> None:
        """Upload all, several at once; returns when the service has every one of them."""
        with translated():
            list(self._uploads.map(self._upload, blobs, blobs.values()))

    def get(self, name: str) -> bytes | None:
        """The bytes of one object, None if it is not there."""
        with translated():
            try:
                return bytes(obstore.get(self._bucket, name).bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):  # a wrong setting, not a missing cell: no reason for an alarm
                    raise
                return None

    def path(self, name: str) -> Path | None:
        """The cached file of one object, fetched the first time; None if there is no such object.

        The cache is written like the store itself: a file torn by a power cut would look like tampering.
        """
        cached = self._cache.path(name)
        if cached is None and (content := self.get(name)) is not None:
            self._cache.prepare()
            self._cache.put({name: content})
            cached = self._cache.path(name)
        return cached

    def names(self, folder: Folder) -> Iterator[str]:
        """The id of every object in a folder of the bucket."""
        with translated():
            for page in obstore.list(self._bucket, prefix=str(folder)):
                yield from (one["path"].rsplit("/", 1)[-1] for one in page)

    def delete(self, names: Iterable[str]) -> None:
        """Delete all, a thousand a request, and their cached files."""
        doomed = list(names)
        with translated():
            if doomed:
                obstore.delete(self._bucket, doomed)
        self._cache.delete(doomed)

    def close(self) -> None:
        """Stop the upload threads."""
        self._uploads.shutdown()

    def _upload(self, name: str, content: bytes) -> None:
        # One request an object: an interrupted multipart upload would leave parts that no listing shows.
        obstore.put(self._bucket, name, content, use_multipart=False)


def _endpoint_is_loopback() -> bool:
    """Plain HTTP is for an object store on this very machine; elsewhere AWS_ALLOW_HTTP has to say so."""
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or environ.get("AWS_ENDPOINT", "")
    return urlsplit(endpoint).hostname in _LOOPBACK
