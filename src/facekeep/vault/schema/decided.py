"""Step 14: the leads of a case that were decided, found without reading those that were not."""

SQL = """
CREATE INDEX leads_decided ON leads (case_id, verdict, face) WHERE verdict IS NOT NULL;
"""
