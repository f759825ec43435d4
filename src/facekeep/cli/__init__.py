"""The command line: one module per command.

It talks to a running keep through the SDK, and administers the one on this machine through `service`.
"""
