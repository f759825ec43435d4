"""The outcomes of thefts as rows of a table in Markdown."""

from collections.abc import Iterable

from thefts.asking import Outcome


def written(outcomes: Iterable[Outcome]) -> str:
    """One row a theft: what it was, cells of (customer, field, minute) that the thief held, precision and recall."""
    rows = (
        f"| {one.name} | {one.cells} | {one.records} | {one.precision:.3f} | {one.recall:.3f} | {one.rest} |\n"
        for one in outcomes
    )
    return "".join(rows)
