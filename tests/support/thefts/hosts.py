"""The vault's own host in foreign hands: an operator's socket is there for whoever is root."""

from facekeep.service import administration, organizations
from thefts.asking import Theft
from thefts.customers import id_of
from thefts.stage import Stage
from thefts.thief import HttpThief


def foreign_vault_host(stage: Stage) -> Theft:
    """Somebody on the vault's host lists the customers, has a key issued for one, and reads with it over HTTP."""
    victim = stage.next_victim()
    begins_at, settings = stage.later(), stage.keep.settings
    with stage.traffic.at_work():
        stage.pause(minutes=1)
        thief = HttpThief(stage, victim, "")
        for one in organizations.organizations(settings):
            thief.truth.add(one.organization_id, stage.clock.minute, iter([("organization", "")]))
        stage.pause(minutes=1)
        thief.credential = stage.issued_key(victim.organization_id)
        thief.truth.add(victim.organization_id, stage.clock.minute, iter([("api_keys", "")]))
        victim.key_ids.add(id_of(thief.credential))
        for path in (f"/v1/faces/{victim.faces[0]}", f"/v1/collections/{victim.collection}/persons?limit=4"):
            stage.pause(minutes=1)
            thief.get(path)
    assert administration.state(settings).state == "open"
    asked = ("--actor", "operator", "--key", id_of(thief.credential), "--tier", "api-key")
    return Theft("vault's host in foreign hands", thief.truth, begins_at, stage.later(), asked,
                 rest="UNKNOWN", is_foreign=True)  # fmt: skip
