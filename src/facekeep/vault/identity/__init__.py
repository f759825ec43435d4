"""Who is asking, and in whose name: organizations, members, invitations, API keys and sessions.

Everything about people and programs lies here, in the vault's database and memory; the server holds a session token
for as long as a request lasts and knows nobody.
"""

from facekeep.vault.identity.callers import EVERY_ROLE, Caller, parse_roles
from facekeep.vault.identity.guesses import Guesses
from facekeep.vault.identity.sessions import IDLE_SECONDS, LIFETIME_SECONDS, Sessions

__all__ = ["EVERY_ROLE", "IDLE_SECONDS", "LIFETIME_SECONDS", "Caller", "Guesses", "Sessions", "parse_roles"]
