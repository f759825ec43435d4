"""The server's door: authentication, limits, error mapping and request ids once, and the API behind it.

Nothing in this room knows keys, stores or models: it speaks to `service` alone.
"""
