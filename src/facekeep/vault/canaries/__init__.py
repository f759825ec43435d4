"""Decoys that nobody has a reason to touch, and what happens when somebody does.

They lie among what is real: an organization with people, a key, a passkey, a gallery and log entries in the vault's
database, a block with its cells in the store, and files in the data folder. Only this vault's database says which.
"""
