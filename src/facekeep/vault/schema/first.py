"""Step 1: galleries, faces, keys, batches, and the first organization."""

SQL = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE organizations (
    org_id TEXT PRIMARY KEY, name TEXT NOT NULL, wrapped_key BLOB NOT NULL, entries INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE members (
    member_id TEXT PRIMARY KEY, org_id TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL) STRICT;
CREATE TABLE api_keys (
    key_id TEXT PRIMARY KEY, member_id TEXT NOT NULL, digest BLOB NOT NULL, created_at TEXT NOT NULL,
    revoked_at TEXT) STRICT;
CREATE TABLE collections (
    number INTEGER PRIMARY KEY AUTOINCREMENT, collection_id TEXT UNIQUE NOT NULL, org_id TEXT NOT NULL,
    name TEXT NOT NULL, contract BLOB NOT NULL, policy BLOB NOT NULL, public_seed BLOB NOT NULL,
    wrapped_key BLOB NOT NULL, created_at TEXT NOT NULL, UNIQUE (org_id, name)) STRICT;
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, block_id TEXT UNIQUE NOT NULL, collection INTEGER NOT NULL,
    slots INTEGER NOT NULL, digest BLOB NOT NULL, wrapped_secret BLOB NOT NULL, tags BLOB NOT NULL,
    has_forgotten INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX blocks_of ON blocks (collection);
CREATE TABLE persons (
    number INTEGER PRIMARY KEY AUTOINCREMENT, person_id TEXT UNIQUE NOT NULL, collection INTEGER NOT NULL,
    name_tag BLOB, person_cell TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX persons_named ON persons (collection, name_tag) WHERE name_tag IS NOT NULL;
CREATE TABLE faces (
    number INTEGER PRIMARY KEY AUTOINCREMENT, face_id TEXT UNIQUE NOT NULL, collection INTEGER NOT NULL,
    person INTEGER NOT NULL, block INTEGER NOT NULL, slot INTEGER NOT NULL, face_cell TEXT NOT NULL,
    template_cell TEXT NOT NULL, crop_cell TEXT NOT NULL, photo_cell TEXT) STRICT;
CREATE INDEX faces_of_collection ON faces (collection, number);
CREATE INDEX faces_of_person ON faces (person, number);
CREATE INDEX faces_of_block ON faces (block, slot);
CREATE INDEX faces_of_photo ON faces (photo_cell) WHERE photo_cell IS NOT NULL;
CREATE TABLE cell_keys (
    cell_id TEXT PRIMARY KEY, collection INTEGER NOT NULL, kind TEXT NOT NULL, wrapped_key BLOB NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE INDEX cell_keys_of ON cell_keys (collection);
CREATE TABLE exposures (
    principal TEXT NOT NULL, face INTEGER NOT NULL, probe BLOB NOT NULL, day INTEGER NOT NULL,
    PRIMARY KEY (principal, face, probe)) STRICT, WITHOUT ROWID;
CREATE INDEX exposures_of_face ON exposures (face);
CREATE TABLE provisional (id TEXT PRIMARY KEY, batch_id TEXT NOT NULL, is_block INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX provisional_of ON provisional (batch_id);
CREATE TABLE garbage (id TEXT PRIMARY KEY, is_block INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE answers (
    org_id TEXT NOT NULL, key TEXT NOT NULL, request_digest BLOB NOT NULL, response BLOB NOT NULL, day INTEGER NOT NULL,
    PRIMARY KEY (org_id, key)) STRICT, WITHOUT ROWID;
"""
