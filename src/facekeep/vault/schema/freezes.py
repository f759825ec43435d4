"""Step 10: what is frozen, and who has said that it may go on.

`owner` is the member whose session or key it is, and the member itself where that is what is frozen.
"""

SQL = """
CREATE TABLE freezes (
    kind TEXT NOT NULL, subject TEXT NOT NULL, org_id TEXT NOT NULL, owner TEXT NOT NULL, why TEXT NOT NULL,
    frozen_by TEXT NOT NULL, frozen_at TEXT NOT NULL, PRIMARY KEY (kind, subject)) STRICT, WITHOUT ROWID;
CREATE INDEX freezes_of ON freezes (org_id);
CREATE TABLE freeze_words (
    kind TEXT NOT NULL, subject TEXT NOT NULL, org_id TEXT NOT NULL, person TEXT NOT NULL, said_at TEXT NOT NULL,
    PRIMARY KEY (kind, subject, person)) STRICT, WITHOUT ROWID;
"""
