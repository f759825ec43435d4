"""`python -m facekeep.web --data DIR`: the server's process. It holds no key."""

import argparse
import sys
from pathlib import Path

from facekeep import settings
from facekeep.errors import FacekeepError
from facekeep.web.server import serve


def main() -> int:
    """Run the server. Returns 3 where a setting is wrong or the keep cannot be opened."""
    parser = argparse.ArgumentParser(prog="facekeep.web", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the keep's data folder")
    try:
        serve(settings.load(parser.parse_args().data))
    except FacekeepError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
