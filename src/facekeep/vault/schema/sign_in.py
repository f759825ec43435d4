"""Step 5: how people sign in: passkeys, and passwords with a second factor.

A passkey or password belongs to an account, so to a person, whichever organizations they are in. `handle` is the
sign-in name of a password as its owner reads it; it is looked up by `tag`, a keyed digest.
"""

SQL = """
CREATE TABLE passkeys (
    passkey_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, credential_id BLOB NOT NULL UNIQUE, public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL, name TEXT NOT NULL, transports TEXT NOT NULL, backed_up INTEGER NOT NULL,
    created_at TEXT NOT NULL, used_on TEXT NOT NULL DEFAULT '', revoked_at TEXT) STRICT;
CREATE INDEX passkeys_of ON passkeys (account_id);
CREATE TABLE passwords (
    password_id TEXT PRIMARY KEY, account_id TEXT NOT NULL UNIQUE, tag BLOB NOT NULL UNIQUE, handle TEXT NOT NULL,
    hash TEXT NOT NULL, totp BLOB NOT NULL, last_step INTEGER NOT NULL, changed_at TEXT NOT NULL) STRICT;
"""
