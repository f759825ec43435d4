"""The names of everything a member or a key can do, as log entries and the limits of API keys say them."""

ACTS = frozenset({
    "approval.ask", "approval.decide", "approval.list", "approval.show",
    "case.change", "case.close", "case.create", "case.list", "case.show",
    "collection.create", "collection.forget", "collection.list", "collection.show",
    "face.enroll", "face.forget", "face.list", "face.show",
    "freeze.lift", "freeze.list",
    "invitation.accept", "invitation.list", "invitation.withdraw",
    "key.list", "key.make", "key.revoke",
    "lead.decide", "lead.describe", "lead.list", "lead.reveal", "lead.show",
    "log.export", "log.read",
    "member.add", "member.freeze", "member.invite", "member.list", "member.remove", "member.roles", "member.self",
    "membership.list",
    "passkey.add", "passkey.begin", "passkey.list", "passkey.revoke",
    "password.begin", "password.change", "password.set",
    "person.create", "person.forget", "person.list", "person.show",
    "photo.detect", "record.open", "rules.set", "rules.show", "search.ask",
    "session.begin_proof", "session.end", "session.end_others", "session.list", "session.prove",
    "session.prove_password", "session.switch",
    "sessions.end", "usage.show", "verify.ask",
    "standing.approve", "standing.create", "standing.end", "standing.hits", "standing.list", "standing.show",
    "webhook.list", "webhook.remove", "webhook.set", "webhook.test",
})  # fmt: skip
"""One for each rule of `dispatch.TABLE` that announces itself; a test holds them together."""
