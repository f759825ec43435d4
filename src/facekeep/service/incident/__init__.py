"""Incidents: what the log proves that somebody saw, and what it does not, written down so that nobody can bend it."""
