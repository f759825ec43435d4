"""A try that ends in a figure, beside the figures of chance, of what is declared, and of a keep with the flaw."""

import msgspec


class Measurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a try came to: the more, the worse.

    `by_chance` is the figure of whoever guesses, `at_most` what is declared, and `with_flaw` what the same try came to
    where the protection that it is made against was missing. Where that is not above `at_most`, the try is blind.
    """

    attempt: str
    value: float
    by_chance: float
    with_flaw: float
    at_most: float

    @property
    def is_blind(self) -> bool:
        """Whether the try was shown to see nothing."""
        return not self.with_flaw > self.at_most

    @property
    def succeeds(self) -> bool:
        """Whether it came to more than is declared, or to no number."""
        return not self.value <= self.at_most


class DeclaredTry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A try that is made in some tiers, with what is declared of it."""

    name: str
    tiers: tuple[str, ...]
    by_chance: float
    at_most: float

    def came_to(self, value: float, *, with_flaw: float) -> Measurement:
        """The measurement."""
        return Measurement(self.name, value, self.by_chance, with_flaw, self.at_most)
