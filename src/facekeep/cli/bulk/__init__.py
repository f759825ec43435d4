"""Bulk enrollment: find photos, send them in batches, remember what was sent, report what was refused."""
