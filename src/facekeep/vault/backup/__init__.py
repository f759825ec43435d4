"""Backups of the vault: a snapshot under a random key of its own, and that key, which is destroyed at the horizon.

A snapshot holds every key of the keep as it was, wrapped; so it is encrypted as a whole under a key that is used for it
alone. That key is wrapped under the root key, in a small file in another folder. Once that file is destroyed, no copy
of the snapshot opens for anybody, the vault itself included.
"""
