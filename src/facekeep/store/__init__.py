"""The store: encrypted cells and sealed blocks under random ids, durable before a call returns. It holds no key.

It cannot tell a good ciphertext from a bad one (the vault can, and does), nor whose a cell is, nor how many anybody
has. It knows an id, a kind and a size, and that something that should be there is missing.
"""

from facekeep.store.keeper import Store

__all__ = ["Store"]
