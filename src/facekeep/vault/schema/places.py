"""Step 3: where in the log each organization's entries lie, by their number, and with that how many there are."""

SQL = """
CREATE TABLE log_places (
    org_id TEXT NOT NULL, entry INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (org_id, entry))
    STRICT, WITHOUT ROWID;
ALTER TABLE organizations DROP COLUMN entries;
"""
