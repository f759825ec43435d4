"""The vault: the only process that can turn ciphertext into a name, a photo or a score.

Other rooms may import `vault.wire` (the messages) and `vault.client` (the call), and nothing else of this room.
"""
