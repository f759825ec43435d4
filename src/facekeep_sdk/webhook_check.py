"""For receivers of webhooks: is this delivery a facekeep's that shares our secret, and is it fresh?

    event = verify_webhook(secret, request.headers["Facekeep-Signature"], request.body)
    if event.delivery_id not in seen: ...

A delivery may come more than once; `delivery_id` tells repeats.
"""

import hmac
import re
import time
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from facekeep_sdk.errors import FacekeepSdkError

_HEADER = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_LARGEST_BODY = 65_536


class WebhookRefused(FacekeepSdkError):
    """The delivery is forged, altered, too old, or no delivery at all. Do not act on it."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What a delivery tells: `event` is standing_search.hit, webhook.test or alarm.raised. No personal data.

    Of an alarm, which goes to the keep's operator, `kind` says what happened; `drill` marks one that was only tried.
    """

    event: str
    delivery_id: str
    at: str
    case_id: str = ""
    standing_id: str = ""
    hits: int = 0
    kind: str = ""
    drill: bool = False


def verify_webhook(
    secret: str, header: str, body: bytes, tolerance_s: float = 300.0, *, now: float | None = None
) -> WebhookEvent:
    """The event of a delivery that was signed with `secret` at most `tolerance_s` seconds ago.

    Parameters
    ----------
    secret : the webhook's, as it was shown when the webhook was set
    header : the value of `Facekeep-Signature`
    body : the body as it was received, byte for byte
    tolerance_s : seconds by which the two clocks may differ, delivery included
    now : seconds since 1970; the clock's unless given

    Raises
    ------
    WebhookRefused
        Whatever is wrong with it, with the same words. Signatures are compared in constant time.
    """
    found = _HEADER.fullmatch(header)
    signed_at, given = (found[1], found[2]) if found else ("0", "0" * 64)
    expected = hmac.new(secret.encode(), f"{signed_at}.".encode() + body, sha256).hexdigest()
    is_right = hmac.compare_digest(expected, given)
    is_fresh = abs((time.time() if now is None else now) - int(signed_at)) <= tolerance_s
    if found is None or not is_right or not is_fresh or not secret or len(body) > _LARGEST_BODY:
        raise _refused()
    try:
        return msgspec.json.decode(body, type=WebhookEvent)
    except msgspec.DecodeError:
        raise _refused() from None


def _refused() -> WebhookRefused:
    return WebhookRefused("webhook_refused", "this is not a fresh delivery that was signed with this secret")
