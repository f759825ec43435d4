"""Every check, in the order in which `docs/doctor.md` lists them."""

from facekeep.service.doctor import (
    backups,
    canaries,
    folders,
    host,
    logbook,
    models,
    network,
    packages,
    people,
    permissions,
    schemas,
    separation,
    signals,
    surroundings,
    unsealing,
    webhooks,
)
from facekeep.service.doctor.finding import Check, Needs, Severity

CHECKS: tuple[Check, ...] = (
    network.public_bind, network.no_tls_proxy, network.plain_origin, network.foreign_origin, network.any_host_name,
    network.public_description, network.request_lines, network.request_limits, network.open_routes,
    network.answers_strangers, network.wildcard_cors,
    unsealing.key_file, unsealing.single_passphrase, unsealing.stray_key_file,
    separation.one_user, separation.one_machine, separation.root_process, separation.no_such_server_user,
    separation.vault_memory,
    permissions.vault_permissions, permissions.store_permissions, permissions.secret_permissions,
    permissions.socket_permissions, permissions.data_folder, permissions.foreign_owner, permissions.symlinks,
    permissions.open_parent,
    folders.network_folder, folders.temporary_folder, folders.disk_nearly_full, folders.umask,
    host.core_dumps, host.swap, host.open_files, host.clock_unsynchronized, host.clock_behind, host.clock_behind_log,
    backups.no_backup, backups.stale_backup,
    canaries.canaries_off, canaries.canaries_without_files, canaries.canaries_answer_nothing,
    canaries.canaries_missing, canaries.alarms_untold, canaries.alarm_secret, canaries.alarms_open,
    signals.reading_share_wide, signals.coverage_answers_nothing, signals.backup_horizon_long,
    logbook.checkpoint_missing, logbook.checkpoint_foreign, logbook.checkpoint_old, logbook.log_counts_acts,
    logbook.no_witness, logbook.witness_key, logbook.witness_without_tls, logbook.witness_here,
    logbook.witness_refuses,
    people.keys_without_end, people.keys_expiring, people.keys_unused, people.admins_unused, people.single_admin,
    people.no_passkey, people.rules_never_set, people.budgets_wide_open, people.retention_off,
    people.open_evaluations, people.shipped_score_table,
    schemas.vault_schema, schemas.store_schema, schemas.database_without_tls,
    models.model_altered, models.photo_limits,
    packages.known_vulnerable, packages.advisories_old, packages.not_as_locked, packages.altered_package,
    packages.altered_facekeep, packages.source_folder,
    surroundings.secret_in_settings, surroundings.secret_in_environment, surroundings.debug_settings,
    surroundings.foreign_code, surroundings.store_without_tls, surroundings.port_in_environment,
    webhooks.webhooks_anywhere, webhooks.webhooks_to_self,
)  # fmt: skip

BEFORE_START = tuple(one for one in CHECKS if one.severity is Severity.BLOCKER and one.needs is Needs.FILES)
"""What `facekeep up` looks at: whatever may be a blocker and can be seen while nothing runs."""
