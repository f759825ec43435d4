"""Every theft, in the order in which they are carried out."""

from collections.abc import Callable

from thefts import credentials, disks, hosts, insiders, logs, servers
from thefts.asking import Theft
from thefts.stage import Stage

Carried = Callable[[Stage], Theft]

HANDFUL: tuple[Carried, ...] = (
    credentials.stolen_key_used_for_a_day,
    credentials.replayed_session,
    servers.server_reading_everything,
    servers.malicious_search,
    credentials.session_of_a_removed_member,
)

THE_OTHERS: tuple[Carried, ...] = (
    disks.stolen_store,
    disks.stolen_backup,
    disks.backup_with_expired_keys,
    disks.sealed_vault_disk,
    disks.one_leaked_share,
    disks.two_leaked_shares,
    servers.server_enumerating,
    servers.captured_frames_replayed,
    insiders.browsing_a_gallery,
    insiders.snowballing,
    insiders.custodian_exporting,
    insiders.decoy_key_used,
    insiders.operator_listing,
    hosts.foreign_vault_host,
    logs.altered_log,
    logs.truncated_log,
    logs.disk_set_back,
)
