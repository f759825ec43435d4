"""The whole model."""

from keep_model.findings import Findings
from keep_model.people import ALL_TRIES, TRIES


class Model(Findings):
    """A keep with its organizations, as it should be."""

    def sweep(self) -> None:
        """What is due is forgotten: cases with their approvals and leads."""
        gone = self.forget_cases()
        self.leads = {key: one for key, one in self.leads.items() if one.case_id not in gone}

    def restart(self) -> None:
        """Sessions, searches under way and counted tries lie in memory alone."""
        for one in self.sessions.values():
            one.ended = True
        self.searches.clear()
        self.all_tries_left = float(ALL_TRIES)
        for account in self.accounts.values():
            account.tries_left = float(TRIES)
