"""Drills: what a thief of each tier can read, tried on the bytes themselves."""
