"""The log's mathematics: enough for anybody to verify a keep's log without trusting the keep.

`tree` hashes, roots and proofs (RFC 6962, RFC 9162); `tiles` how a tree lies in static files (C2SP tlog-tiles); `note`
signed checkpoints (C2SP signed-note, tlog-checkpoint); `leaf` the one size every entry has.

Pure: no I/O, no clock, no randomness, no keys. Reading, signing and checking signatures are arguments. A check that
fails raises `Tampered` with code `log_altered`; none returns False.
"""
