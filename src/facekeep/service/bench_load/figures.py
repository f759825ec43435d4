"""What is measured of a keep under load."""

import msgspec


class LoadFigures(msgspec.Struct, frozen=True):
    """Searches of a keep of `templates` faces over HTTP by people who signed in, in their cases, by an enrolled face.

    `search_ms` and `scan_ms` are medians of searches one at a time and of bare scans of the same blocks in turns with
    them, `above_scan_ms` the median of their differences, `flush_ms` that of a flush of the same disk in these turns: a
    search waits for seven, five of entries and two of commits. `candidates` is the mean length of the lists of these
    searches, `sign_in_ms` the median of people signing in one at a time (password and code).

    Under load `clients` of `people`, who have two each, search at once for `seconds`, half of them after signing in
    during the first third of that time: `sign_in_under_load_ms` is the median, None where nobody came to it,
    `told_to_wait` how often they heard that too many sign in at once, and tried again. Then how many `searches` were
    answered, `per_second`, how many requests `failed`, sign-ins among them, and the times of searches that were
    answered. Memory in MB (10^6 bytes) is of all processes together after half of that time and at its end.
    """

    dimension: int
    templates: int
    turns: int
    search_ms: float
    scan_ms: float
    above_scan_ms: float
    flush_ms: float
    candidates: float
    sign_in_ms: float
    people: int
    clients: int
    seconds: float
    sign_in_under_load_ms: float | None
    told_to_wait: int
    searches: int
    per_second: float
    failed: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    memory_early_mb: float
    memory_late_mb: float
