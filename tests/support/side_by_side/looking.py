"""Comparing: what everybody is shown, and what lies in the vault without asking it."""


from keep_model import Lead

from facekeep.vault import clock, wire
from facekeep.vault.identity import sessions
from side_by_side.review import Review


class Looking(Review):
    """Everything that can be seen is what the model says."""

    def look(self, token: str) -> None:
        """Everything that can be listed, as the holder of this session sees it."""
        self._look_at_people(token)
        self._look_at_cases(token)
        self._look_at_use(token)

    def _look_at_people(self, token: str) -> None:
        model = self.model
        me = self.say(token, "member.self", wire.WhoAmI)
        if me is None:
            return
        session = model.sessions[token]
        assert (me.organization_id, me.member.member_id, set(me.roles)) == (
            session.org, session.member_id, session.roles,
        )  # fmt: skip
        members = self.say(token, "member.list", wire.ListMembers)
        own = {one.member_id: one.roles for one in model.members.values() if one.org == session.org and not one.removed}
        if members is not None:
            model.name(session.org, "members.listed", len(own))
            assert {one.member_id: set(one.roles) for one in members.items} == own
        keys = self.say(token, "key.list", wire.ListApiKeys)
        live = {key for key, one in model.keys.items() if not one.revoked and one.member_id in own}
        assert keys is None or {one.key_id for one in keys.items} == live
        codes = self.say(token, "invitation.list", wire.ListInvitations)
        ready = {code[3:13] for code in model.invitations if model.invitation_is_open(code)}
        theirs = {code[3:13] for code, one in model.invitations.items() if one.org != session.org}
        assert codes is None or {one.invitation_id for one in codes.items} == ready - theirs

    def _look_at_cases(self, token: str) -> None:
        model = self.model
        listed = self.say(token, "case.list", wire.ListCases, limit=1_000)
        if listed is None:
            return
        session = model.sessions[token]
        model.name(session.org, "cases.listed", len(listed.items))
        assert {one.case_id for one in listed.items} == {one for one in model.cases if model.sees_case(session, one)}
        for one in listed.items:
            case, is_mine = model.cases[one.case_id], model.in_case(session, one.case_id)
            assert (one.status == "open", set(one.members)) == (model.is_open(one.case_id), case.members)
            spent = model.spent_today(session.org, "case", one.case_id)
            assert one.searches_today == (spent if is_mine else None)
            if is_mine:
                self._look_at_leads(token, one.case_id)
        approvals = self.say(token, "approval.list", wire.ListApprovals, limit=1_000)
        seen = {key for key, one in model.approvals.items() if model.sees_approval(session, one)}
        if approvals is not None:
            model.name(session.org, "approvals.listed", len(seen))
            assert {one.approval_id for one in approvals.items} == seen

    def _look_at_leads(self, token: str, case_id: str) -> None:
        model = self.model
        page = self.say(token, "lead.list", wire.ListLeads, case_id=case_id, limit=1_000)
        if page is None:
            return
        session = model.sessions[token]
        shown = sum(2 + (one.score is not None) + bool(one.decisions or one.reveals) for one in page.items)
        model.name(session.org, "leads.shown", shown)
        own = {key for key, one in model.leads.items() if one.case_id == case_id and model.sees_lead(session, key)}
        assert {one.lead_id for one in page.items} == own
        for view in page.items:
            self._agrees(token, model.leads[view.lead_id], view)

    def _agrees(self, token: str, lead: Lead, view: wire.LeadView) -> None:
        model, session = self.model, self.model.sessions[token]
        others = lead.state == "agreed" or session.person in {one.person for one, _, _ in lead.decisions}
        hides = model.collections[model.faces[lead.face].collection].hides
        may = model.is_open(lead.case_id) and not lead.verdict and not model.turn_refused(token, lead)
        assert (view.state, view.verdict, view.place.face_id) == (lead.state, lead.verdict, lead.face)
        assert (view.score is not None) == (others or model.knows_score(session, lead))
        assert [one.verdict for one in view.decisions] == [one for _, _, one in lead.decisions if others]
        assert (view.is_blind, view.may_decide) == (not others, may)
        assert view.is_revealed == (not hides or session.person in lead.revealed)

    def _look_at_use(self, token: str) -> None:
        model = self.model
        shown = self.say(token, "usage.show", wire.ShowUsage)
        if shown is None:
            return
        org = model.sessions[token].org
        own = {(day, kind): n for (one, day, kind), n in model.usage.items() if one == org and day >= model.day - 30}
        kinds = ("searches", "verifications", "enrollments", "evaluation_searches")
        told = {(one.day, kind): getattr(one, kind) for one in shown.days for kind in kinds if getattr(one, kind)}
        assert told == {(clock.date_of(day), kind): n for (day, kind), n in own.items()}

    # ---- what lies in the vault ----

    def same_entries(self) -> None:
        """Each log holds exactly what the model wrote, numbered without a gap; the keep's own numbers have none."""
        for org, written in self.model.log.items():
            start = self.checked.get(org, 0)
            entries, _ = self.vault.journal.read(org, start, 10_000)
            assert [one.entry for one in entries] == list(range(start, start + len(entries)))
            found = [(one.act, one.outcome) for one in entries]
            assert found == written[start:], f"the log has {found}, and the model wrote {written[start:]}"
            self.checked[org] = start + len(entries)
        start = self.checked.get("", 0)
        entries, _ = self.vault.journal.read("", start, 10_000)
        assert [one.entry for one in entries] == list(range(start, start + len(entries)))
        self.checked[""] = start + len(entries)

    def same_rows(self) -> None:
        """Usage, members, cases, approvals, leads, faces and who saw them, of both organizations."""
        model, rows = self.model, self.vault.database.rows
        assert {row[:3]: row[3] for row in rows("SELECT org_id, day, kind, count FROM usage")} == model.usage
        live = {(one.member_id, one.org) for one in model.members.values() if not one.removed}
        members = rows("SELECT member_id, org_id FROM members WHERE removed_at IS NULL")
        assert {row for row in members if row[1] in model.rules} == live  # a decoy has members, too
        assert set(rows("SELECT case_id, org_id FROM cases")) == {(key, one.org) for key, one in model.cases.items()}
        assert {key for (key,) in rows("SELECT approval_id FROM approvals")} == set(model.approvals)
        leads = rows("SELECT lead_id, case_id, verdict FROM leads")
        assert set(leads) == {(key, one.case_id, one.verdict) for key, one in model.leads.items()}
        assert {key for (key,) in rows("SELECT face_id FROM faces")} == set(model.faces)
        seen = rows("SELECT principal, coalesce(face_id, 'forgotten') FROM exposures LEFT JOIN faces ON number = face")
        assert sorted(seen) == sorted(key for key, days in model.seen.items() for _ in days)
        today = rows("SELECT org_id, scope, subject, spent FROM spendings WHERE day = ?", model.day)
        assert {row[:3]: row[3] for row in today} == {
            key[1:]: spent for key, spent in model.spent.items() if key[0] == model.day
        }

    def same_sessions(self) -> None:
        """The sessions that live are the model's, with the same roles, begun, used and proved at the same moments."""
        known = self.vault.sessions._live
        alive = {token: one for token, one in known.items() if sessions._alive(one, self.monotonic())}
        assert set(alive) == {token for token in self.model.sessions if self.model.lives(token)}
        for token, one in alive.items():
            mine, caller = self.model.sessions[token], one.caller
            assert (caller.org_id, caller.member_id, caller.credential) == (mine.org, mine.member_id, mine.credential)
            assert (caller.roles, caller.acts, caller.collections) == (mine.roles, mine.acts, mine.collections)
            times = (mine.began, mine.used, mine.proved)
            assert (one.opened_at, one.used_at, one.proved_at) == tuple(1_000.0 + at for at in times)
