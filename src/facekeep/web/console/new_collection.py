"""The form for a new collection: what is not ticked is not wanted."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from facekeep.service.collections import Policy
from facekeep.web.console.posted import Posted


class NewCollection(Posted):
    """A name and a policy. `searched` says what a search needs; the last four are for evaluation collections alone."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    searched: Literal["case", "approval", "freely"] = "case"
    reveal_required: bool = False
    keep_photos: bool = False
    minimum_quality: Annotated[int, Field(ge=0, le=100)] = 25
    top_k: Annotated[int, Field(ge=1, le=100)] = 10
    searches_a_day: Annotated[int, Field(ge=1, le=100_000)] | None = None
    evaluation: bool = False
    score_floor: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = None
    exposure_limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    score_step: Annotated[float, Field(ge=0.001, le=0.1, allow_inf_nan=False)] = 0.01

    def policy(self) -> Policy:
        """What may be done with the collection."""
        return Policy(
            keep_photos=self.keep_photos,
            minimum_quality=self.minimum_quality,
            top_k=self.top_k,
            evaluation=self.evaluation,
            score_floor=self.score_floor,
            exposure_limit=self.exposure_limit,
            score_step=self.score_step,
            case_required=self.searched != "freely",
            approval_required=self.searched == "approval",
            searches_a_day=self.searches_a_day,
            reveal_required=self.reveal_required,
        )
