"""The vault's clock: one place, so that dates mean the same everywhere."""

from datetime import UTC, datetime


def timestamp() -> str:
    """Now, in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_number() -> int:
    """Days since 1970-01-01, UTC; what budgets over days count in."""
    return int(datetime.now(UTC).timestamp() // 86_400)
