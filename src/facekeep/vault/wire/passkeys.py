"""What a browser answers for an authenticator (W3C WebAuthn Level 3, sections 5.2.1 and 5.2.2), base64 taken off."""

from typing import Annotated

import msgspec

CredentialId = Annotated[bytes, msgspec.Meta(min_length=1, max_length=1023)]
ClientData = Annotated[bytes, msgspec.Meta(max_length=4_096)]
Ticket = Annotated[bytes, msgspec.Meta(max_length=64)]
Transports = Annotated[
    tuple[Annotated[str, msgspec.Meta(pattern="^[a-z-]{1,32}$")], ...], msgspec.Meta(max_length=8)
]


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new credential, as an authenticator made it."""

    credential_id: CredentialId
    client_data_json: ClientData
    attestation_object: Annotated[bytes, msgspec.Meta(max_length=16_384)]
    transports: Transports = ()


class Assertion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signature with a credential. `user_handle` is whose it is, as the authenticator remembers."""

    credential_id: CredentialId
    client_data_json: ClientData
    authenticator_data: Annotated[bytes, msgspec.Meta(max_length=4_096)]
    signature: Annotated[bytes, msgspec.Meta(max_length=1_024)]
    user_handle: Annotated[bytes, msgspec.Meta(max_length=64)] = b""
