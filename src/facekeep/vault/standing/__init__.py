"""Standing searches: a case's probe, compared with every face that is enrolled while a second person lets it.

Each face is compared once: how far a search has come is written in the transaction that writes what it found, and goes
by the row numbers of faces, which a merged or re-sealed block does not change. A comparison is a search like any other:
noise, floor, exposure and log are the gate's and `acts/comparing.py`'s.
"""
