"""The numerics of the sealed index: pure functions from bytes and arrays to bytes and arrays.

=============  =======================================================================================  ==========
module         what it gives                                                                            holds keys
=============  =======================================================================================  ==========
`params`       named parameter sets; anything below 128 bits of security is refused                     no
`ring`         public polynomials, and exact products in Z[X]/(X^2048 + 1)                              no
`format`       a block as a file: packed and parsed, every byte under a digest                          no
`scan`         exact sums over sealed blocks, for any probe; what a search node runs                    no
`secret`       seal, tag, verify, open, shortlist; only the vault may import it                         **yes**
`compute`      how kernels are compiled and spread over threads                                         no
=============  =======================================================================================  ==========

Invariants
----------
- A (secret, slot) pair is sealed once: `secret.seal_block` takes two fresh 32-byte seeds and seals a whole block. There
  is no function that adds to a block or changes one.
- Only filled columns exist. An empty slot is never an encryption of zero.
- Sums are exact integers. They are verified before anything is opened, and opened scores are raw: they are key
  material until the vault has added its noise.
- Randomness is an argument; nothing here draws any, reads a clock, a file or the environment, or logs.

Not done here: noise on scores, policy, budgets, storage of secrets. Those are the vault's.
"""
