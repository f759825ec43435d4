"""Step 9: alarms, which an operator acknowledges, and how far each has been told to the operator's webhook.

`org_id` is the organization that an alarm concerns, empty where it concerns none; `facts` hold ids, counts and
settings. `times` counts what came after the first within minutes and was the same.
"""

SQL = """
CREATE TABLE alarms (
    number INTEGER PRIMARY KEY AUTOINCREMENT, alarm_id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, org_id TEXT NOT NULL,
    facts BLOB NOT NULL, at TEXT NOT NULL, times INTEGER NOT NULL DEFAULT 1, is_drill INTEGER NOT NULL,
    acknowledged_at TEXT, acknowledged_by TEXT NOT NULL DEFAULT '', state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, not_before TEXT NOT NULL DEFAULT '',
    last_outcome TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX alarms_of ON alarms (org_id);
CREATE INDEX alarms_pending ON alarms (number) WHERE state = 'pending';
CREATE INDEX alarms_open ON alarms (kind, number) WHERE acknowledged_at IS NULL;
"""
