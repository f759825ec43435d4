"""What a keep's customers should find, in plain Python: dictionaries and sets, no cryptography, no disk.

`Model` says for every message what the answer must be, and remembers what follows from it. It was written from the
documents (`docs/roles.md`, `docs/review.md`, `docs/log.md`), to be read beside them: where vault and model differ, one
of the two is wrong.
"""

from keep_model.findings import Lead, Look
from keep_model.people import Account, Key, Member, Session
from keep_model.whole import Model

__all__ = ["Account", "Key", "Lead", "Look", "Member", "Model", "Session"]
