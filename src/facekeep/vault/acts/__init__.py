"""The handlers of the messages: one function each, reading like what it does.

`dispatch` has found the caller and written the entry that announces the act before any of these runs. A handler that
releases something decided later (candidates, commits, forgetting) writes its own outcome entry first.
"""
