"""How many failed sign-ins are written to the log: a flood of them must not fill it."""

import time

_GUESSES_A_SECOND, _GUESSES_AT_ONCE = 5.0, 50.0


class Guesses:
    """A token bucket over failed sign-ins, for the vault as a whole. Good keys never wait for it."""

    def __init__(self) -> None:
        self._tokens, self._at = _GUESSES_AT_ONCE, time.monotonic()
        self.suppressed = 0

    def spend(self) -> bool:
        """True while a failed attempt may still be written to the log; the rest are only counted."""
        now = time.monotonic()
        self._tokens = min(_GUESSES_AT_ONCE, self._tokens + (now - self._at) * _GUESSES_A_SECOND)
        self._at = now
        if self._tokens < 1:
            self.suppressed += 1
            return False
        self._tokens -= 1
        return True
