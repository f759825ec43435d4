"""Step 4: cases with their members and approvals, what was spent of budgets, what was used, and sketches of probes.

`ends_at` is when a case is over: its expiry, or the moment it was closed. Texts of cases and approvals are sealed under
the organization's key.
"""

SQL = """
CREATE TABLE cases (
    number INTEGER PRIMARY KEY AUTOINCREMENT, case_id TEXT UNIQUE NOT NULL, org_id TEXT NOT NULL,
    wrapped_facts BLOB NOT NULL, created_by TEXT NOT NULL, created_at TEXT NOT NULL, ends_at TEXT NOT NULL,
    closed_by TEXT, searches_a_day INTEGER) STRICT;
CREATE INDEX cases_of ON cases (org_id);
CREATE INDEX cases_by_end ON cases (ends_at);
CREATE TABLE case_members (
    case_id TEXT NOT NULL, member_id TEXT NOT NULL, org_id TEXT NOT NULL,
    PRIMARY KEY (case_id, member_id)) STRICT, WITHOUT ROWID;
CREATE INDEX cases_of_member ON case_members (member_id);
CREATE TABLE approvals (
    number INTEGER PRIMARY KEY AUTOINCREMENT, approval_id TEXT UNIQUE NOT NULL, org_id TEXT NOT NULL,
    case_id TEXT NOT NULL, collection_id TEXT NOT NULL, wrapped_reason BLOB NOT NULL, asked_by TEXT NOT NULL,
    asking_person TEXT NOT NULL, asked_at TEXT NOT NULL, expires_at TEXT NOT NULL, is_approved INTEGER,
    decided_by TEXT, deciding_person TEXT, decided_at TEXT) STRICT;
CREATE INDEX approvals_of_case ON approvals (case_id, collection_id);
CREATE TABLE spendings (
    org_id TEXT NOT NULL, scope TEXT NOT NULL, subject TEXT NOT NULL, day INTEGER NOT NULL, spent INTEGER NOT NULL,
    PRIMARY KEY (org_id, scope, subject, day)) STRICT, WITHOUT ROWID;
CREATE INDEX spendings_by_day ON spendings (day);
CREATE TABLE usage (
    org_id TEXT NOT NULL, day INTEGER NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (org_id, day, kind)) STRICT, WITHOUT ROWID;
CREATE TABLE probe_sketches (
    number INTEGER PRIMARY KEY, org_id TEXT NOT NULL, principal TEXT NOT NULL, day INTEGER NOT NULL,
    sketches BLOB NOT NULL) STRICT;
CREATE INDEX probe_sketches_of ON probe_sketches (principal, day);
CREATE INDEX probe_sketches_by_day ON probe_sketches (day);
"""
