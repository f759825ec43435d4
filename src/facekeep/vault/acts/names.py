"""The names of everything a member or a key can do, as log entries and the limits of API keys say them."""

ACTS = frozenset({
    "approval.ask", "approval.decide", "approval.list", "approval.show",
    "case.change", "case.close", "case.create", "case.list", "case.show",
    "collection.create", "collection.forget", "collection.list", "collection.show",
    "face.enroll", "face.forget", "face.list", "face.show",
    "invitation.list", "invitation.withdraw",
    "key.list", "key.make", "key.revoke",
    "log.export", "log.read",
    "member.add", "member.invite", "member.list", "member.remove", "member.roles", "member.self",
    "person.create", "person.forget", "person.list", "person.show",
    "photo.detect", "record.open", "rules.set", "rules.show", "search.ask", "sessions.end",
    "standing.approve", "standing.create", "standing.end", "standing.hits", "standing.list", "standing.show",
    "usage.show", "verify.ask", "webhook.list", "webhook.remove", "webhook.set", "webhook.test",
})  # fmt: skip
"""One for each rule of `dispatch.TABLE` that announces itself; a test holds them together."""
