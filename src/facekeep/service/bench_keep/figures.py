"""What is measured of a whole keep."""

import msgspec


class SearchTimes(msgspec.Struct, frozen=True):
    """Milliseconds of one search, or medians of several, as the server waits for each part.

    `look` shows the collection, as every search does first; `grant` is the vault's leave with its log entry, `scan` the
    sums over mapped blocks, `release` everything from the sums over the socket to the candidates (verify, decrypt,
    noise, policy, log entries), `records` the vault's opening of their cells, `rest` fetching those from the store, the
    checkpoint and what lies between. `whole` is all of it.
    """

    whole: float
    look: float
    grant: float
    scan: float
    release: float
    records: float
    rest: float


class EnrollTimes(msgspec.Struct, frozen=True):
    """Milliseconds a batch of 2,048, medians: all of it, and its parts as in `SearchTimes`."""

    whole: float
    look: float
    seal: float
    store: float
    commit: float


class Weights(msgspec.Struct, frozen=True):
    """Memory in MB (10^6 bytes).

    `idle_keep` is a keep without faces, each page that its processes share counted once; `idle_supervisor`,
    `idle_vault`, `idle_server` and `idle_workers` (one faces worker and its spare) are resident sets by themselves, so
    that their sum is larger. `vault` is the resident set of the full keep's vault after the searches, `vault_reopened`
    after a restart and one search, `vault_peak` the most its first life ever held; `index` the mapped blocks. `keep` is
    the idle keep, what the larger of the two vaults holds beyond the idle one, and the index.
    """

    idle_keep: float
    idle_supervisor: float
    idle_vault: float
    idle_server: float
    idle_workers: float
    vault: float
    vault_reopened: float
    vault_peak: float
    index: float
    keep: float


class KeepFigures(msgspec.Struct, frozen=True):
    """A whole keep with `templates` synthetic faces of as many persons; times are medians over `searches`.

    `last_enroll_ms_a_batch` is of the last tenth of the batches. `candidates` is the median length of the lists.
    `faiss_ms` is the same search by `IndexFlatIP` (float32) in turns with ours and `ratio` the median of ours over
    theirs; None where FAISS is not installed. After a restart `unseal_s` goes from the vault's start to its open state,
    and `first_search_ms` is the first search, by a server that was started anew as well; `after_enroll_ms` and
    `after_forget_ms` are first searches after another face was enrolled and forgotten. Disk sizes are MB (10^6 bytes).
    """

    dimension: int
    templates: int
    threads: int
    enroll_per_second: float
    enroll_ms_a_batch: EnrollTimes
    last_enroll_ms_a_batch: EnrollTimes
    searches: int
    candidates: float
    search_ms: SearchTimes
    faiss_ms: float | None
    ratio: float | None
    unseal_s: float
    first_search_ms: SearchTimes
    after_enroll_ms: SearchTimes
    after_forget_ms: SearchTimes
    memory_mb: Weights
    store_disk_mb: float
    vault_disk_mb: float
