"""The process that stores and scans cannot open anything: no code that handles keys is in it."""

import json
import subprocess
import sys

ALLOWED = ("facekeep.vault", "facekeep.vault.wire", "facekeep.vault.client")
STARTED = """
import json, sys
import facekeep.search.local, facekeep.store, facekeep.vault.client
print(json.dumps(sorted(sys.modules)))
"""


def test_no_key_code_is_loaded_where_blocks_are_stored_and_scanned():
    ran = subprocess.run([sys.executable, "-c", STARTED], check=True, capture_output=True, timeout=100)
    loaded = set(json.loads(ran.stdout))
    assert {"facekeep.search.local", "facekeep.store", "facekeep.sealed.scan"} <= loaded
    assert not {name for name in loaded if name.startswith("facekeep.sealed.secret")}
    of_vault = {name for name in loaded if name.startswith("facekeep.vault")}
    assert {name for name in of_vault if not name.startswith("facekeep.vault.wire.")} <= set(ALLOWED)
    assert not loaded & {"sqlcipher3", "shamir_mnemonic", "argon2"}
