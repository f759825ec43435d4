"""Backups of a whole keep to a folder, and a keep from a backup on a clean host.

    DIR/packs/<name>.pack          ciphertext of the store: what was new at one backup, never changed afterwards
    DIR/log/…                      full tiles and bundles of the log: encrypted entries, never changed afterwards
    DIR/snapshots/<id>.snapshot    the vault at one moment, encrypted as a whole under a random key
    DIR/manifests/<id>.json        which packs, with which items left out, belong to that moment
    KEYS/<made>-<hours>h-<id>.key  that random key and the manifest's digest, wrapped under the vault's root key

The key file is written last and destroyed at the horizon: a backup without one does not count, and opens for nobody.
Nothing here holds a key; the vault writes and reads snapshots and key files itself.
"""
