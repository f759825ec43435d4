"""The words of facekeep: identifiers and small frozen records, no behavior.

Words follow ISO/IEC 2382-37 and the NIST FRTE reports; `docs/glossary.md` defines each one. Identifiers are distinct
types over opaque random text: none of them carries a customer, a count or an order.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

CollectionId = NewType("CollectionId", str)
PersonId = NewType("PersonId", str)
FaceId = NewType("FaceId", str)
BlockId = NewType("BlockId", str)
CellId = NewType("CellId", str)
BatchId = NewType("BatchId", str)
JobId = NewType("JobId", str)
GrantId = NewType("GrantId", str)
SessionToken = NewType("SessionToken", str)
OrganizationId = NewType("OrganizationId", str)
MemberId = NewType("MemberId", str)
AccountId = NewType("AccountId", str)
ApiKeyId = NewType("ApiKeyId", str)
InvitationId = NewType("InvitationId", str)
CaseId = NewType("CaseId", str)
ApprovalId = NewType("ApprovalId", str)
LeadId = NewType("LeadId", str)
StandingId = NewType("StandingId", str)
WebhookId = NewType("WebhookId", str)
DeliveryId = NewType("DeliveryId", str)


class Role(StrEnum):
    """What a member may do in an organization; `docs/roles.md` has the whole table."""

    ADMIN = "admin"
    INVESTIGATOR = "investigator"
    REVIEWER = "reviewer"
    CUSTODIAN = "custodian"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy_officer"


class CellKind(StrEnum):
    """What an encrypted cell holds; the only thing the store knows of it besides its size."""

    PERSON = "person"
    FACE = "face"
    TEMPLATE = "template"
    CROP = "crop"
    PHOTO = "photo"


@dataclass(frozen=True, slots=True)
class ModelContract:
    """Everything two templates must share before they may be compared.

    `detector_sha256` and `embedder_sha256` are hexadecimal digests of the stored model files; `alignment` names the
    landmark template of the crop; `dimension` is D, the length of a template.
    """

    name: str
    detector_sha256: str
    embedder_sha256: str
    alignment: str
    dimension: int


@dataclass(frozen=True, slots=True)
class SealedCell:
    """One encrypted record or photo on its way to or from the store. `ciphertext` is opaque outside the vault."""

    cell_id: CellId
    kind: CellKind
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A live block as the vault lists it: what a search node must scan, and how to know it has the right bytes.

    `slots` is n, the number of templates (1 to 2048); `digest` is the 32-byte digest of the whole block file.
    """

    block_id: BlockId
    slots: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Box:
    """A face on the upright photo, in pixels; `left` and `top` may be negative where a face leaves the frame."""

    left: float
    top: float
    width: float
    height: float
