"""Step 6: the leads of cases, who was shown their scores, what reviewers decided, and whose identity was revealed.

A lead is one face found in one case. What was measured of it and every reason are sealed under the organization's key.
"""

SQL = """
CREATE TABLE leads (
    number INTEGER PRIMARY KEY AUTOINCREMENT, lead_id TEXT UNIQUE NOT NULL, org_id TEXT NOT NULL,
    case_id TEXT NOT NULL, face INTEGER NOT NULL, wrapped_facts BLOB NOT NULL, found_by TEXT NOT NULL,
    found_at TEXT NOT NULL, verdict TEXT) STRICT;
CREATE UNIQUE INDEX leads_of_case ON leads (case_id, face);
CREATE INDEX leads_of_face ON leads (face);
CREATE TABLE lead_finders (
    lead INTEGER NOT NULL, person TEXT NOT NULL, org_id TEXT NOT NULL, PRIMARY KEY (lead, person))
    STRICT, WITHOUT ROWID;
CREATE TABLE lead_decisions (
    lead INTEGER NOT NULL, round INTEGER NOT NULL, org_id TEXT NOT NULL, verdict TEXT NOT NULL,
    wrapped_reason BLOB NOT NULL, decided_by TEXT NOT NULL, deciding_person TEXT NOT NULL, credential TEXT NOT NULL,
    session_digest TEXT NOT NULL, decided_at TEXT NOT NULL, PRIMARY KEY (lead, round)) STRICT, WITHOUT ROWID;
CREATE TABLE lead_reveals (
    number INTEGER PRIMARY KEY AUTOINCREMENT, lead INTEGER NOT NULL, org_id TEXT NOT NULL, wrapped_reason BLOB NOT NULL,
    revealed_by TEXT NOT NULL, revealing_person TEXT NOT NULL, revealed_at TEXT NOT NULL) STRICT;
CREATE INDEX lead_reveals_of ON lead_reveals (lead, revealing_person);
"""
