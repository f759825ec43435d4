"""facekeep: face search over lawful galleries, built so that a breach leaks nothing and can be reported exactly."""

__version__ = "0.1.0"
