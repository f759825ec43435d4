"""What a page about one case shows: the case, and whatever of it this reader may see."""

from collections.abc import Mapping
from dataclasses import dataclass

from facekeep.service import cases, standing
from facekeep.service.cases import ApprovalView, CaseView
from facekeep.service.collections import Collection, list_collections
from facekeep.service.keep import Keep
from facekeep.service.review import LeadView, list_states
from facekeep.service.rules import Rules, show_rules
from facekeep.service.standing import StandingView
from facekeep.terms import CaseId, SessionToken
from facekeep.web.console.paging import all_of
from facekeep.web.console.people import names_for
from facekeep.web.console.timeline import Event, timeline
from facekeep.web.console.viewer import Viewer


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case, with what the reader may see of the work in it."""

    case: CaseView
    approvals: tuple[ApprovalView, ...]
    standing: tuple[StandingView, ...]
    leads: tuple[LeadView, ...]
    collections: Mapping[str, Collection]
    rules: Rules
    names: Mapping[str, str]

    @property
    def approvable(self) -> tuple[Collection, ...]:
        """The collections that are searched only after a second person approved."""
        listed = self.rules.approval_collections
        return tuple(
            one
            for one in self.collections.values()
            if not one.policy.evaluation and (one.policy.approval_required or one.collection_id in listed)
        )

    @property
    def timeline(self) -> tuple[Event, ...]:
        """What is known to have happened, and will."""
        return timeline(self.case, self.approvals, self.standing, self.leads)


def case_file(keep: Keep, session: SessionToken, viewer: Viewer, case_id: CaseId) -> CaseFile:
    """The file of a case that the reader sees. Raises BadInput `not_found`."""
    case = cases.show_case(keep, session, case_id)
    asked = all_of(lambda cursor: cases.list_approvals(keep, session, cursor=cursor, limit=1000))
    ongoing = all_of(lambda cursor: standing.list_standing(keep, session, case_id=case_id, cursor=cursor, limit=1000))
    return CaseFile(
        case=case,
        approvals=tuple(one for one in asked if one.case_id == case_id),
        standing=tuple(ongoing),
        leads=_leads(keep, session, viewer, case),
        collections=collections_of(keep, session),
        rules=show_rules(keep, session),
        names=names_for(keep, session, viewer),
    )


def collections_of(keep: Keep, session: SessionToken) -> Mapping[str, Collection]:
    """The organization's collections by id."""
    found = all_of(lambda cursor: list_collections(keep, session, cursor=cursor, limit=1000))
    return {one.collection_id: one for one in found}


def _leads(keep: Keep, session: SessionToken, viewer: Viewer, case: CaseView) -> tuple[LeadView, ...]:
    """Leads are for the people in the case who search or review. Looking at a case opens no record of theirs."""
    if viewer.here.member_id not in case.members or not viewer.is_any("investigator", "reviewer"):
        return ()
    return tuple(all_of(lambda cursor: list_states(keep, session, case.case_id, cursor=cursor, limit=1000)))
