"""Cases: why a search is made, by whom and until when; approvals by a second person; and what a search must have.

A case is over when it was closed or has expired; nothing is searched in it then, and after the time that the
organization's rules give, its records are forgotten.
"""
