"""What a score means, in a sentence. Never a percentage: a candidate is a lead, and people decide."""

_OFTEN = 10.0  # fewer strangers than this to one such score, and the score says nothing
_RAREST = 1_000_000.0  # no table is made of enough searches to speak of rarer ones
_UNKNOWN = "how rare this score is among strangers is not known for this model"


def meaning_of_search(one_in: float | None) -> str:
    """What a candidate's score means in the gallery that was searched.

    Parameters
    ----------
    one_in : about one search of a stranger in `one_in` would show such a score in a gallery of that size; None where
        the model has no table.
    """
    if one_in is None:
        return _UNKNOWN
    if one_in < _OFTEN:
        return "a stranger would often show this"
    return f"{_about(one_in)} searches of a stranger in this gallery would show a score like this"


def meaning_of_pair(one_in: float | None) -> str:
    """What the score of two photos means: about one pair of strangers in `one_in` scores like that."""
    if one_in is None:
        return _UNKNOWN
    if one_in < _OFTEN:
        return "two strangers would often show this"
    return f"{_about(one_in)} pairs of strangers would show a score like this"


def _about(one_in: float) -> str:
    if one_in > _RAREST:
        return f"fewer than 1 in {_RAREST:,.0f}"
    return f"about 1 in {_rounded(one_in):,}"


def _rounded(value: float) -> int:
    """One significant digit: the table does not know more."""
    unit = int(10 ** (len(str(int(value))) - 1))
    return round(value / unit) * unit
