"""A vault and the plain model of it, side by side: every act is done to both, and both must say the same.

The vault is a real one in this process: SQLCipher database, log, messages of the server's. Its clock is the model's.
"""

from side_by_side.faces import LOOKS, PROBES
from side_by_side.looking import Looking

__all__ = ["LOOKS", "PROBES", "SideBySide"]


class SideBySide(Looking):
    """What everybody does. Methods return what the vault answered, None where both refused."""
