"""/v1/usage"""

from typing import Annotated

from fastapi import APIRouter, Query

from facekeep.service import usage as verbs
from facekeep.web.documented import errors
from facekeep.web.native import case_models as models
from facekeep.web.parsed import TheKeep, TheSession

router = APIRouter(prefix="/v1/usage", tags=["organization"])
Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A date in ISO 8601, UTC.")]


@router.get("", responses=errors())
def show_usage(
    keep: TheKeep, session: TheSession, first_day: Day = None, last_day: Day = None
) -> models.Usage:
    """What your organization used, by day; the last 30 days unless told otherwise. For admins and auditors."""
    days = verbs.show_usage(keep, session, first_day=first_day, last_day=last_day)
    return models.Usage(days=[models.UsageDay.model_validate(one) for one in days])
