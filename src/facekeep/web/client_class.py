"""The coarse kind of client behind a request, by which the vault notices a new one: no version, and no address."""

_PROGRAMS = (
    ("facekeep-sdk", "facekeep"), ("boto", "boto"), ("aws-sdk", "aws"), ("curl", "curl"), ("python", "python"),
    ("edg", "edge"), ("firefox", "firefox"), ("chrome", "chrome"), ("safari", "safari"),
)  # fmt: skip
_SYSTEMS = (
    ("android", "android"), ("iphone", "ios"), ("ipad", "ios"), ("windows", "windows"), ("mac os", "macos"),
    ("linux", "linux"),
)  # fmt: skip


def client_class(untrusted_user_agent: str) -> str:
    """Program and system, each one of a dozen words: `firefox linux`. Empty where nothing was said."""
    said = untrusted_user_agent[:500].lower()
    return f"{_first(said, _PROGRAMS)} {_first(said, _SYSTEMS)}" if said else ""


def _first(said: str, words: tuple[tuple[str, str], ...]) -> str:
    return next((name for word, name in words if word in said), "other")
