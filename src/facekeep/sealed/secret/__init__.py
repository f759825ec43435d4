"""The key-holding half of the sealed index. Only the vault may import it.

=========================  ============================================================================
`quantize_probe`           unit-length probe to integers of norm 180
`seal_block`               templates to int16 columns, under a secret and an error that are used once
`BlockSecret`              a block's secret, from its 32-byte seed
`check_vector`             the secret vector v of a collection
`block_tags`               what the vault keeps of a block to verify sums with
`SecretStack`              secrets, tags and sizes of many blocks side by side
`verify_sums`              raises unless every sum of every block is exact
`VerifiedSums`             what it returns otherwise: the only sums that are opened
`Aim`                      which scores somebody is after: floor, how many, and the noise to come
`open_sums`                verified sums to raw scores, block by block: an `Opening` a probe
`Opening`                  raw scores of some blocks or slots. They are key material: add noise, wipe, never release
`contenders`               the few slots whose score can still matter once bounded noise is added
`require_known_answers`    raises unless this machine computes a search as it should
`wipe`                     overwrite arrays and bytearrays that held secrets
=========================  ============================================================================

Every secret comes in as an argument of 32 bytes and is expanded by SHAKE-256 under its own purpose, so that equal seeds
in two places would still not meet. Wiping is best effort: Python's own `bytes` cannot be overwritten.
"""

from facekeep.sealed.secret.checking import VerifiedSums, block_tags, check_vector, verify_sums
from facekeep.sealed.secret.known_answers import require_known_answers
from facekeep.sealed.secret.opening import Aim, Opening, open_sums
from facekeep.sealed.secret.probes import quantize_probe
from facekeep.sealed.secret.ranking import contenders
from facekeep.sealed.secret.sampling import wipe
from facekeep.sealed.secret.sealing import seal_block
from facekeep.sealed.secret.stack import BlockSecret, SecretStack

__all__ = [
    "Aim",
    "BlockSecret",
    "Opening",
    "SecretStack",
    "VerifiedSums",
    "block_tags",
    "check_vector",
    "contenders",
    "open_sums",
    "quantize_probe",
    "require_known_answers",
    "seal_block",
    "verify_sums",
    "wipe",
]
