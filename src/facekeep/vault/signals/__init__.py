"""Noticing misuse by somebody who may do what they do: each person against what they may see and what they usually do.

`coverage` refuses: nobody sees more than their share of a collection before two people have looked into it. `tallies`
and `clients` only notice. `response` says what follows, as the operator has set it. Nothing here is told to the server.
"""
