"""What the server writes about itself: one JSON object a line on stderr, with no name, id, query or photo in it."""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import PurePath

from facekeep.errors import FacekeepError

_lock = threading.Lock()


def write_line(event: str, **facts: str | int | float | None) -> None:
    """Write one line: the time, what happened, and facts that name nobody."""
    line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts})
    with _lock:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def write_failure(event: str, error: BaseException, **facts: str | int | float | None) -> None:
    """Write what kind of error it was and where it arose; never its words, which may repeat what was sent."""
    code = error.code.value if isinstance(error, FacekeepError) else None
    write_line(event, error=type(error).__name__, code=code, where=_where(error), **facts)


class LineHandler(logging.Handler):
    """Turns the HTTP server's own warnings into lines, without the errors attached to them."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the constant part of the message; arguments may hold what a client sent."""
        write_line("http_server", level=record.levelname, text=str(record.msg))


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " > ".join(f"{PurePath(frame.filename).name}:{frame.name}:{frame.lineno}" for frame in frames)
