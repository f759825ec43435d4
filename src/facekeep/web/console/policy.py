"""What a browser may do with a page: nothing, except what the console itself brings."""

from starlette.types import Scope

from facekeep.web.console.assets import is_asset
from facekeep.web.console.cookie import is_page
from facekeep.web.headers import SECURITY_HEADERS

_CONTENT = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:", "connect-src 'self'",
    "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'",
    "trusted-types 'none'",
))  # fmt: skip
_ALLOWED = "camera=(self), publickey-credentials-get=(self), publickey-credentials-create=(self)"
_OWN = frozenset({b"content-security-policy", b"cache-control", b"referrer-policy"})
_UNCHANGED = tuple(one for one in SECURITY_HEADERS if one[0] not in _OWN)
_PAGE_HEADERS = (
    *_UNCHANGED,
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"same-origin"),  # without one, a browser does not say which site a form is from
    (b"content-security-policy", _CONTENT.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", _ALLOWED.encode()),
)
_ASSET_HEADERS = (
    *_UNCHANGED,
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),  # asked for again each time, and not sent again while it is the same
    (b"content-security-policy", _CONTENT.encode()),
)


def headers_for(scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that an answer to this request carries."""
    if is_asset(scope["path"]):
        return _ASSET_HEADERS
    return _PAGE_HEADERS if is_page(scope["path"]) else SECURITY_HEADERS
