"""Step 8: keys that are carried through rotations, notes by which an old log key names its successor, blocks to renew.

A carried key outlives the key it was once derived from; `since` is the first log entry that it seals, 0 for keys that
seal none. The keep's own have no organization. A block is due when somebody asked for it to be sealed under a fresh
secret.
"""

SQL = """
CREATE TABLE carried_keys (
    org_id TEXT NOT NULL, purpose TEXT NOT NULL, since INTEGER NOT NULL, wrapped_key BLOB NOT NULL,
    PRIMARY KEY (org_id, purpose, since)) STRICT, WITHOUT ROWID;
CREATE TABLE log_handovers (number INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
ALTER TABLE blocks ADD COLUMN is_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX blocks_due ON blocks (number) WHERE is_due;
"""
