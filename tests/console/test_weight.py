"""What a page costs whoever opens it: bytes, which are a bound, and time, which is written beside the pictures."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from browsing import Reader

from facekeep.web.console.viewer import PLACES

MOST_BYTES = 150_000
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"


def transferred(robin: Reader, path: str) -> int:
    """Bytes of everything that opening a page brings, with nothing kept from before."""
    devtools, sizes = robin.context.new_cdp_session(robin.page), []
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    robin.go(path)
    robin.page.wait_for_load_state("networkidle")
    devtools.detach()
    return int(sum(sizes))


def test_no_page_weighs_more_than_a_photo(member: Callable[..., Reader]) -> None:
    robin, paints = member(), {}
    for path in ("/console/sign-in", "/console/join", *(one.address for one in PLACES)):
        assert 1_000 < transferred(robin, path) < MOST_BYTES, path
        paints[path] = round(robin.page.evaluate(_PAINT))
    if folder := os.environ.get("FACEKEEP_SCREENSHOTS"):
        Path(folder, "first-paint-ms.json").write_text(json.dumps(paints, indent=2) + "\n")
