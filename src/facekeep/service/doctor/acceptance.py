"""What a trial accepts by itself: that a key file opens it, while it is for its own machine alone."""

from facekeep.settings import Settings

TRIAL_REASON = "a trial for this machine alone"


def of_trial(settings: Settings) -> dict[str, str]:
    """The reason for the check `key-file`; nothing as soon as the settings let others in."""
    return {"key-file": TRIAL_REASON} if settings.is_for_this_machine_alone else {}
