"""Step 2: many organizations, their members with roles, invitations, and API keys with limits.

An account is a person who signs in; a member is an account, or a program with keys alone, in one organization.
"""

SQL = """
ALTER TABLE organizations ADD COLUMN created_at TEXT NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN rules BLOB NOT NULL DEFAULT x'80';
ALTER TABLE members RENAME COLUMN role TO roles;
UPDATE members SET roles = 'admin investigator reviewer custodian auditor privacy_officer';
ALTER TABLE members ADD COLUMN account_id TEXT;
ALTER TABLE members ADD COLUMN created_at TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN removed_at TEXT;
CREATE INDEX members_of ON members (org_id);
CREATE UNIQUE INDEX members_of_account ON members (account_id, org_id)
    WHERE account_id IS NOT NULL AND removed_at IS NULL;
CREATE TABLE accounts (account_id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
CREATE TABLE invitations (
    invitation_id TEXT PRIMARY KEY, org_id TEXT NOT NULL, name TEXT NOT NULL, roles TEXT NOT NULL, digest BLOB NOT NULL,
    invited_by TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL, ended_at TEXT) STRICT;
CREATE INDEX invitations_of ON invitations (org_id);
ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN roles TEXT;
ALTER TABLE api_keys ADD COLUMN acts TEXT;
ALTER TABLE api_keys ADD COLUMN collections TEXT;
ALTER TABLE api_keys ADD COLUMN expires_at TEXT;
ALTER TABLE api_keys ADD COLUMN used_on TEXT;
CREATE INDEX api_keys_of ON api_keys (member_id);
"""
