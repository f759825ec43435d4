"""Other keys for the same keep: the root key with what opens it, an organization's, the blocks', the log's.

Every rotation is an entry of the log first, has one moment at which it happens, and leaves what was made before
readable: what it is for is that an old key opens nothing that comes after. Which key protects what is a table in
`docs/operating.md`.
"""
