"""Step 11: whose each cell is, so that an entry can name who was opened; and incidents, with their cosigned notes.

A photo's cell has no one owner: the faces name it. `secret` makes the pseudonyms of customers in an incident's reports.
"""

SQL = """
ALTER TABLE cell_keys ADD COLUMN owner INTEGER;
UPDATE cell_keys SET owner = f.number FROM faces f WHERE cell_keys.cell_id = f.face_cell;
UPDATE cell_keys SET owner = f.number FROM faces f WHERE cell_keys.cell_id = f.crop_cell;
UPDATE cell_keys SET owner = f.number FROM faces f WHERE cell_keys.cell_id = f.template_cell;
UPDATE cell_keys SET owner = p.number FROM persons p WHERE cell_keys.cell_id = p.person_cell;
CREATE TABLE incidents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, incident_id TEXT UNIQUE NOT NULL, secret BLOB NOT NULL,
    opened_at TEXT NOT NULL, aware_at TEXT NOT NULL, closed_at TEXT, reason TEXT) STRICT;
CREATE TABLE incident_notes (
    incident TEXT NOT NULL, at TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (incident, note)) STRICT, WITHOUT ROWID;
"""
