"""Step 13: which records each member has seen, how much they usually do, and by what kind of client they come.

`record` is the row number of a face, or the negative one of a person without faces. `client` is a keyed digest of a
coarse class, such as one browser on one system.
"""

SQL = """
CREATE TABLE sightings (
    member_id TEXT NOT NULL, collection INTEGER NOT NULL, record INTEGER NOT NULL, day INTEGER NOT NULL,
    was_small INTEGER NOT NULL, PRIMARY KEY (member_id, collection, record)) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_day ON sightings (day);
CREATE INDEX sightings_of_collection ON sightings (collection);
CREATE TABLE reading_leaves (
    member_id TEXT NOT NULL, collection INTEGER NOT NULL, ends_at TEXT NOT NULL, PRIMARY KEY (member_id, collection))
    STRICT, WITHOUT ROWID;
CREATE TABLE tallies (
    subject TEXT NOT NULL, kind TEXT NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (subject, kind, hour)) STRICT, WITHOUT ROWID;
CREATE INDEX tallies_by_hour ON tallies (hour);
CREATE TABLE known_clients (
    member_id TEXT NOT NULL, client BLOB NOT NULL, first_day INTEGER NOT NULL, PRIMARY KEY (member_id, client))
    STRICT, WITHOUT ROWID;
"""
