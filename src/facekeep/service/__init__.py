"""Use-cases, one verb a file. They call the vault, the store, the search engine and the faces workers in order.

Every function takes the `Keep` and, where an organization's data is touched, the caller's session; nothing is kept
between calls. Doors (`web`, `cli`) speak to this room alone.
"""
