"""What is measured of a keep under load."""

import msgspec


class LoadFigures(msgspec.Struct, frozen=True):
    """Searches of a keep of `templates` faces over HTTP, each with its API key, by an enrolled face.

    `search_ms` and `scan_ms` are medians of searches one at a time and of bare scans of the same blocks in turns with
    them, `above_scan_ms` the median of their differences. Under load `clients` search at once for `seconds`: how many
    `searches` were answered, `per_second`, how many `failed`, and the times of those that were answered. Memory in MB
    (10^6 bytes) is of all processes together after the first sixth of that time and at its end.
    """

    dimension: int
    templates: int
    turns: int
    search_ms: float
    scan_ms: float
    above_scan_ms: float
    clients: int
    seconds: float
    searches: int
    per_second: float
    failed: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    memory_early_mb: float
    memory_late_mb: float
