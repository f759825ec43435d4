"""Review: what a search in a case found, and what two people, each without the other's word, make of it.

A lead is a face found in a case. Nobody is shown its score or what others decided before they decided themselves,
except those whose own search showed them the score: they may decide first, never second. Two decisions that agree
settle a lead, and where they differ a third person's does. A face that was settled as not the same is never offered in
that case again.
"""
