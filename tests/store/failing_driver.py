"""Writes until the disk fails, then tries on. Run under a tracer that makes syncs fail; prints one JSON object."""

import json
import secrets
import sys
from pathlib import Path

from facekeep.errors import FacekeepError
from facekeep.settings import StoreSettings
from facekeep.store import Store
from facekeep.terms import CellId, CellKind, SealedCell


def main(folder: Path) -> None:
    store = Store(StoreSettings(), folder / "store", folder / "cache")
    store.migrate()
    acknowledged, errors, after = [], [], 0
    print("ready", file=sys.stderr, flush=True)
    for _ in range(60):
        cell = SealedCell(CellId(f"c_{secrets.token_hex(8)}"), CellKind.FACE, secrets.token_bytes(3_000))
        try:
            store.put([cell], {})
        except FacekeepError as error:
            errors.append(str(error))
        else:
            acknowledged.append(cell.cell_id)
            after += bool(errors)
    print(json.dumps({"acknowledged": acknowledged, "errors": errors, "acknowledged_after_an_error": after}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
