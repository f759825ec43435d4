"""The Python client of a facekeep server, synchronous and asynchronous. Stands alone: imports nothing of the server.

with Client("http://127.0.0.1:8470", api_key) as client:
    collection = client.create_collection("Family tracing 2026")
    client.enroll(collection.collection_id, [Photo(Path("ana.jpg"), person_name="Ana")])
    case = client.create_case("Missing person", "Missing Persons Act, section 4", reference="MP-2026-118")
    for candidate in client.search(Path("probe.jpg"), [collection.collection_id], case_id=case.case_id).candidates:
        print(candidate.rank, candidate.person_name, candidate.meaning)
"""

from facekeep_sdk.client import AsyncClient, Client
from facekeep_sdk.errors import FacekeepApiError, FacekeepSdkError, FacekeepUnreachable, LogTampered
from facekeep_sdk.log_export import verify_export
from facekeep_sdk.models import (
    Box,
    Candidate,
    Checkpoint,
    Collection,
    CosignedCheckpoint,
    DetectedFace,
    Detection,
    Enrollment,
    ExportCheck,
    Face,
    LogCheck,
    LogEntry,
    Person,
    Photo,
    PhotoOutcome,
    Policy,
    Probe,
    Proof,
    ProvedEntry,
    Receipt,
    Refusal,
    SearchResult,
    Status,
    Verification,
)
from facekeep_sdk.models_cases import Approval, Case, Rules, Usage, UsageDay
from facekeep_sdk.models_freezes import Freeze, FreezeList, LiftSaid
from facekeep_sdk.models_members import ApiKey, Invitation, Member, Myself, NewApiKey, NewInvitation, Written
from facekeep_sdk.models_review import Identity, Lead, LeadDecision, LeadReveal
from facekeep_sdk.models_sign_in import (
    Accepted,
    JoinOffer,
    LiveSession,
    Logged,
    Membership,
    OwnCredentials,
    Passkey,
    PasskeyChallenge,
    PasswordOffer,
    SecondFactor,
    SignedIn,
)
from facekeep_sdk.models_standing import Delivery, Hit, StandingSearch, Webhook, WebhookWithSecret
from facekeep_sdk.webhook_check import WebhookEvent, WebhookRefused, verify_webhook

__all__ = [
    "Accepted",
    "ApiKey",
    "Approval",
    "AsyncClient",
    "Box",
    "Candidate",
    "Case",
    "Checkpoint",
    "Client",
    "Collection",
    "CosignedCheckpoint",
    "Delivery",
    "DetectedFace",
    "Detection",
    "Enrollment",
    "ExportCheck",
    "Face",
    "FacekeepApiError",
    "FacekeepSdkError",
    "FacekeepUnreachable",
    "Freeze",
    "FreezeList",
    "Hit",
    "Identity",
    "Invitation",
    "JoinOffer",
    "Lead",
    "LeadDecision",
    "LeadReveal",
    "LiftSaid",
    "LiveSession",
    "LogCheck",
    "LogEntry",
    "LogTampered",
    "Logged",
    "Member",
    "Membership",
    "Myself",
    "NewApiKey",
    "NewInvitation",
    "OwnCredentials",
    "Passkey",
    "PasskeyChallenge",
    "PasswordOffer",
    "Person",
    "Photo",
    "PhotoOutcome",
    "Policy",
    "Probe",
    "Proof",
    "ProvedEntry",
    "Receipt",
    "Refusal",
    "Rules",
    "SearchResult",
    "SecondFactor",
    "SignedIn",
    "StandingSearch",
    "Status",
    "Usage",
    "UsageDay",
    "Verification",
    "Webhook",
    "WebhookEvent",
    "WebhookRefused",
    "WebhookWithSecret",
    "Written",
    "verify_export",
    "verify_webhook",
]
