"""Reading a photo that a person named, without following tricks."""

import errno
import os
import stat
from pathlib import Path

from facekeep.errors import BadInput, Code

LARGEST_BYTES = 60_000_000  # one request; a server may take less


def read_photo(path: Path) -> bytes:
    """The bytes of a regular file of at most 60 MB.

    Raises
    ------
    BadInput
        `invalid_request`: no such file, not readable, a link or a device. `photo_empty`, `photo_too_large`.
    """
    try:
        # Not blocking: a named pipe in a folder of photos must not stop the run.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise BadInput(Code.INVALID_REQUEST, f"cannot read it: {_reason(error)}") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BadInput(Code.INVALID_REQUEST, "cannot read it: not a regular file")
        content = file.read(LARGEST_BYTES + 1)
    if not content:
        raise BadInput(Code.PHOTO_EMPTY, "the file is empty")
    if len(content) > LARGEST_BYTES:
        raise BadInput(Code.PHOTO_TOO_LARGE, "the file is larger than 60 MB")
    return content


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "a symbolic link"
    return (error.strerror or "unreadable") if isinstance(error, OSError) else "not a possible file name"
