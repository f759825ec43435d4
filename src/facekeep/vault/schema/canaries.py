"""Step 12: canaries, and the names by which each would be touched: ids, a file's name, a passkey's credential in hex.

A retired canary keeps its names: who stole them before it was replaced may use them afterwards. `read_at` is the access
time, in nanoseconds, that a decoy file had when it was armed.
"""

SQL = """
CREATE TABLE canaries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, canary_id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, thing TEXT NOT NULL,
    made_at TEXT NOT NULL, retired_at TEXT, content BLOB, read_at INTEGER) STRICT;
CREATE TABLE canary_names (name TEXT PRIMARY KEY, canary INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
