"""The worker process: ``python -m facekeep.faces.worker FD``. Decodes hostile bytes and runs models, and nothing else.

It gets one socket, answers one photo at a time, keeps nothing, and ends when the socket closes. It holds no key, is
given an almost empty environment, and is confined by `sandbox` before the first photo. On Linux the kernel kills it, in
the middle of a photo too, when the thread that started it ends.
"""

import ctypes
import gc
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from facekeep.errors import Code, FacekeepError
from facekeep.faces import sandbox
from facekeep.faces.wire import REQUEST, Analysis, Analyze, Broken, Configure, Failure, Ready, packed, receive, send

if TYPE_CHECKING:
    from facekeep.faces.analyze import Analyzer


def main(arguments: list[str]) -> int:
    """Serve the socket whose descriptor is the only argument; 0 when the other side closed it."""
    connection = socket.socket(fileno=int(arguments[0]))
    measures = sandbox.before_loading()
    try:
        configure = receive(connection, REQUEST)
        if isinstance(configure, Configure):
            _serve(connection, configure, measures)
    except Broken:
        return 0
    except FacekeepError as error:
        send(connection, Failure(error.code, error.message))
    return 0


def _serve(connection: socket.socket, configure: Configure, measures: list[str]) -> None:
    from facekeep.faces.decode import Limits, prepare  # noqa: PLC0415  the network must be left before threads exist
    from facekeep.faces.warm import warmed_up  # noqa: PLC0415

    prepare()
    analyzer = warmed_up(
        configure.models,
        cache_dir=Path(configure.cache_dir),
        threads=configure.threads,
        limits=Limits(configure.max_pixels, configure.max_side_px),
    )
    _return_unused_memory()
    gc.freeze()
    measures += sandbox.close(max_memory_bytes=configure.max_memory_bytes)
    send(connection, Ready(tuple(measures)))
    while True:
        request = receive(connection, REQUEST)
        sandbox.renew_cpu_limit(configure.max_cpu_seconds_a_photo)
        if isinstance(request, Analyze):
            send(connection, _answer(analyzer, request))
        del request


def _return_unused_memory() -> None:
    """Half of what loading the models took; an idle worker holds what is left for as long as it stands ready."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc
    if trim is not None:
        trim(0)


def _answer(analyzer: "Analyzer", request: Analyze) -> Analysis | Failure:
    """The outcome of one photo. The one place of this process that catches broadly."""
    try:
        return packed(
            analyzer.analyze(
                request.untrusted_photo, request.box, keep_photo=request.keep_photo, probes=request.probes
            )
        )
    except FacekeepError as error:
        return Failure(error.code, error.message)
    except MemoryError:
        return Failure(Code.PHOTO_TOO_HARD, "the photo needs more memory than a photo may")
    except Exception as error:
        return Failure(Code.PHOTO_TOO_HARD, f"the photo could not be worked on ({type(error).__name__})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
