"""Passkeys: who has which, how often each has signed, and what a browser's answer is worth.

W3C Web Authentication Level 3, sections 7.1 and 7.2, by the `webauthn` package, and stricter: the person is always
verified by the authenticator, nothing may be framed by another site, and attestation is neither asked for nor trusted.

The package is loaded when somebody first comes with a passkey: it is 10 MB that an idle vault does without.
"""

from dataclasses import dataclass

from facekeep.errors import BadInput, Code, Refused
from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database, Row
from facekeep.vault.keys import fresh_id
from facekeep.vault.wire import Assertion, Registration

MOST_OF_ONE_PERSON = 20
REFUSAL = "the sign-in was not accepted"
_FORMATS = ("none", "packed")  # what browsers pass on when none was asked for
_COLUMNS = (
    "SELECT passkey_id, account_id, credential_id, public_key, sign_count, name, transports, backed_up, created_at,"
    " used_on FROM passkeys WHERE revoked_at IS NULL"
)
# A COSE key (ES256, the generator of P-256) to verify against where there is none: it is the work that counts.
_NOBODY = bytes.fromhex(
    "a5010203262001"
    "2158206b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "2258204fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whose passkeys they are: a domain, and the origins of pages that may ask for them."""

    rp_id: str = "localhost"
    origins: tuple[str, ...] = ("http://localhost:8470",)


@dataclass(frozen=True, slots=True)
class Credential:
    """A verified new credential."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey that was not revoked."""

    passkey_id: str
    account_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    transports: tuple[str, ...]
    backed_up: bool
    created_at: str
    used_on: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A verified signature: the authenticator's counter, and whether its key is in a backup now."""

    sign_count: int
    backed_up: bool


def check_registration(party: RelyingParty, ticket: bytes, untrusted: Registration) -> Credential:
    """The credential of a registration. Raises Refused `unauthenticated` for anything that is not right with it."""
    from webauthn import verify_registration_response  # noqa: PLC0415
    from webauthn.helpers import bytes_to_base64url, parse_attestation_object  # noqa: PLC0415
    from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential  # noqa: PLC0415

    try:
        if parse_attestation_object(untrusted.attestation_object).fmt not in _FORMATS:
            raise ValueError("an attestation that was not asked for")
        _refuse_framed(untrusted.client_data_json)
        found = verify_registration_response(
            credential=RegistrationCredential(
                id=bytes_to_base64url(untrusted.credential_id),
                raw_id=untrusted.credential_id,
                response=AuthenticatorAttestationResponse(untrusted.client_data_json, untrusted.attestation_object),
            ),
            expected_challenge=ticket,
            expected_rp_id=party.rp_id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
        if found.credential_id != untrusted.credential_id:
            raise ValueError("another credential was attested")
    except Exception as error:  # parsers of hostile bytes raise whatever they like; all of it is a no
        raise Refused(Code.UNAUTHENTICATED, REFUSAL) from error
    return Credential(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        found.credential_backed_up,
        untrusted.transports,
    )


def check_assertion(party: RelyingParty, ticket: bytes, untrusted: Assertion, known: Passkey | None) -> Signed:
    """What a signature says. Raises Refused `unauthenticated`; None stands for no such passkey and takes as long.

    The counter is not compared here: it says something only once the signature is known to be right.
    """
    from webauthn import verify_authentication_response  # noqa: PLC0415
    from webauthn.helpers import bytes_to_base64url  # noqa: PLC0415
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse  # noqa: PLC0415

    try:
        _refuse_framed(untrusted.client_data_json)
        found = verify_authentication_response(
            credential=AuthenticationCredential(
                id=bytes_to_base64url(untrusted.credential_id),
                raw_id=untrusted.credential_id,
                response=AuthenticatorAssertionResponse(
                    untrusted.client_data_json, untrusted.authenticator_data, untrusted.signature
                ),
            ),
            expected_challenge=ticket,
            expected_rp_id=party.rp_id,
            expected_origin=list(party.origins),
            credential_public_key=_NOBODY if known is None else known.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # as above
        raise Refused(Code.UNAUTHENTICATED, REFUSAL) from error
    is_owners = known is not None and untrusted.user_handle in (b"", known.account_id.encode())
    if not is_owners:
        raise Refused(Code.UNAUTHENTICATED, REFUSAL)
    return Signed(found.new_sign_count, found.credential_backed_up)


def is_cloned(known: Passkey, signed: Signed) -> bool:
    """Whether a counter that must grow did not: two authenticators hold the same key (section 6.1.1)."""
    return (known.sign_count > 0 or signed.sign_count > 0) and signed.sign_count <= known.sign_count


def add(database: Database, account_id: str, name: str, made: Credential) -> Passkey:
    """A passkey of an account. Inside a transaction. Raises BadInput `conflict` for one that is known, or too many."""
    if database.row("SELECT 1 FROM passkeys WHERE credential_id = ?", made.credential_id):
        raise BadInput(Code.CONFLICT, "this passkey cannot be added; make a new one")
    if len(of_account(database, account_id)) >= MOST_OF_ONE_PERSON:
        raise BadInput(Code.CONFLICT, f"nobody has more than {MOST_OF_ONE_PERSON} passkeys; revoke one first")
    passkey_id = fresh_id("pas")
    database.run(
        "INSERT INTO passkeys (passkey_id, account_id, credential_id, public_key, sign_count, name, transports,"
        " backed_up, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(passkey_id, account_id, made.credential_id, made.public_key, made.sign_count, name),
        *(" ".join(made.transports), int(made.backed_up), timestamp()),
    )
    return by_id(database, account_id, passkey_id)


def by_credential(database: Database, credential_id: bytes) -> Passkey | None:
    """The passkey of a credential id, None where there is none or it was revoked."""
    row = database.row(f"{_COLUMNS} AND credential_id = ?", credential_id)
    return None if row is None else _passkey(row)


def by_id(database: Database, account_id: str, passkey_id: str) -> Passkey:
    """A passkey of this account. Raises BadInput `not_found`, for another person's too."""
    row = database.row(f"{_COLUMNS} AND passkey_id = ? AND account_id = ?", passkey_id, account_id)
    if row is None:
        raise BadInput(Code.NOT_FOUND, "no such passkey")
    return _passkey(row)


def of_account(database: Database, account_id: str) -> list[Passkey]:
    """The passkeys of an account, oldest first."""
    return [_passkey(row) for row in database.rows(f"{_COLUMNS} AND account_id = ? ORDER BY rowid", account_id)]


def note_use(database: Database, known: Passkey, signed: Signed) -> None:
    """Remember the counter and the day. Inside a transaction."""
    sql = "UPDATE passkeys SET sign_count = ?, backed_up = ?, used_on = ? WHERE passkey_id = ?"
    database.run(sql, signed.sign_count, int(signed.backed_up), timestamp()[:10], known.passkey_id)


def revoke(database: Database, passkey_id: str) -> None:
    """Make a passkey worthless. Inside a transaction."""
    database.run("UPDATE passkeys SET revoked_at = ? WHERE passkey_id = ?", timestamp(), passkey_id)


def _passkey(row: Row) -> Passkey:
    passkey_id, account_id, credential_id, public_key, count, name, transports, backed_up, created_at, used_on = row
    return Passkey(
        passkey_id,
        account_id,
        credential_id,
        public_key,
        count,
        name,
        tuple(transports.split()),
        bool(backed_up),
        created_at,
        used_on,
    )


def _refuse_framed(client_data_json: bytes) -> None:
    from webauthn.helpers import parse_client_data_json  # noqa: PLC0415

    if parse_client_data_json(client_data_json).cross_origin:
        raise ValueError("asked for by a page inside another site's")
