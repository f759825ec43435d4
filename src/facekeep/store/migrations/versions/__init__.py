"""One file a migration step, oldest first by number."""
