"""What browsers make of passkeys, in the shape that they write it themselves (`PublicKeyCredential.toJSON()`).

Members that are not read here may be there.
"""

from base64 import urlsafe_b64decode
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from facekeep.service.passkeys import NewPasskey, Signature


def _is_whole(base64: str) -> str:
    if len(base64) % 4 == 1:
        raise ValueError("must be base64url of whole bytes")
    return base64


def bytes_of(base64: str) -> bytes:
    """Bytes from base64url without padding."""
    return urlsafe_b64decode(base64 + "=" * (-len(base64) % 4))


# Lengths are those of the vault's own limits in bytes, times four thirds.
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$"), AfterValidator(_is_whole)]
ClientData = Annotated[Base64, Field(max_length=5_462)]
Attestation = Annotated[Base64, Field(max_length=21_846)]
SignatureBytes = Annotated[Base64, Field(max_length=1_366)]
CredentialId = Annotated[Base64, Field(min_length=2, max_length=1_364)]
Short = Annotated[Base64, Field(max_length=86)]
Transport = Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,32}$")]


class MadeByBrowser(BaseModel):
    """A part of a credential as a browser writes it."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, cache_strings="none")


class AttestationResponse(MadeByBrowser):
    """`AuthenticatorAttestationResponseJSON`."""

    client_data_json: ClientData = Field(alias="clientDataJSON")
    attestation_object: Attestation = Field(alias="attestationObject")
    transports: Annotated[list[Transport], Field(max_length=8)] = []


class RegistrationCredential(MadeByBrowser):
    """`RegistrationResponseJSON`: what `navigator.credentials.create()` made, by `toJSON()`."""

    id: CredentialId
    type: Literal["public-key"]
    response: AttestationResponse

    def given(self) -> NewPasskey:
        """The same without base64."""
        own = self.response
        return NewPasskey(
            bytes_of(self.id), bytes_of(own.client_data_json), bytes_of(own.attestation_object), tuple(own.transports)
        )


class AssertionResponse(MadeByBrowser):
    """`AuthenticatorAssertionResponseJSON`."""

    client_data_json: ClientData = Field(alias="clientDataJSON")
    authenticator_data: ClientData = Field(alias="authenticatorData")
    signature: SignatureBytes
    user_handle: Short | None = Field(alias="userHandle", default=None)


class AssertionCredential(MadeByBrowser):
    """`AuthenticationResponseJSON`: what `navigator.credentials.get()` made, by `toJSON()`."""

    id: CredentialId
    type: Literal["public-key"]
    response: AssertionResponse

    def given(self) -> Signature:
        """The same without base64."""
        own = self.response
        return Signature(
            bytes_of(self.id),
            bytes_of(own.client_data_json),
            bytes_of(own.authenticator_data),
            bytes_of(own.signature),
            bytes_of(own.user_handle or ""),
        )
