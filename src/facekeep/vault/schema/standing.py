"""Step 7: standing searches of cases, what they found, webhooks, and deliveries to them.

Probes, reasons, addresses and secrets are sealed under the organization's key; a probe is destroyed when its search
ends. `compared_through` is the highest row number of a face that was compared, or was enrolled before the search was
active: row numbers of faces only grow, are given at the commit of an enrollment, and stay when a block is sealed anew.
"""

SQL = """
CREATE TABLE standing_searches (
    number INTEGER PRIMARY KEY AUTOINCREMENT, standing_id TEXT UNIQUE NOT NULL, org_id TEXT NOT NULL,
    case_id TEXT NOT NULL, wrapped_probe BLOB, wrapped_reason BLOB NOT NULL, score_floor REAL, created_by TEXT NOT NULL,
    asking_person TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL, approved_by TEXT, approved_at TEXT,
    ended_at TEXT, ended_because TEXT, withheld INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX standing_searches_of_case ON standing_searches (case_id);
CREATE INDEX standing_searches_of ON standing_searches (org_id);
CREATE INDEX standing_searches_not_ended ON standing_searches (number) WHERE ended_at IS NULL;
CREATE TABLE standing_collections (
    standing INTEGER NOT NULL, collection INTEGER NOT NULL, compared_through INTEGER NOT NULL,
    PRIMARY KEY (standing, collection)) STRICT, WITHOUT ROWID;
CREATE INDEX standing_collections_by_collection ON standing_collections (collection);
CREATE TABLE standing_hits (
    number INTEGER PRIMARY KEY AUTOINCREMENT, standing INTEGER NOT NULL, face INTEGER NOT NULL, score REAL NOT NULL,
    one_in REAL, found_at TEXT NOT NULL, UNIQUE (standing, face)) STRICT;
CREATE INDEX standing_hits_of_face ON standing_hits (face);
CREATE TABLE webhooks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id TEXT UNIQUE NOT NULL, org_id TEXT NOT NULL,
    wrapped_url BLOB NOT NULL, wrapped_secret BLOB NOT NULL, created_by TEXT NOT NULL, created_at TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0, not_before TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX webhooks_of ON webhooks (org_id);
CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, delivery_id TEXT UNIQUE NOT NULL, org_id TEXT NOT NULL,
    webhook INTEGER NOT NULL, event TEXT NOT NULL, case_id TEXT NOT NULL, standing_id TEXT NOT NULL,
    hits INTEGER NOT NULL, at TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL,
    last_attempt_at TEXT, last_outcome TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX deliveries_of_webhook ON deliveries (webhook, state);
CREATE INDEX deliveries_pending ON deliveries (attempts, number) WHERE state = 'pending';
"""
