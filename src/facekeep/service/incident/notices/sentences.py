"""Every sentence that notices are made of, in one place, in English.

`OF_VERDICT` is the only way from a verdict to words. Nothing else here says that something did not happen: having
found nothing and there having been nothing are different things, and only a proof has words for the second.
"""

from facekeep.service.incident.fields import Field
from facekeep.service.incident.verdicts import Verdict

MARK = "REQUIRED"

OF_VERDICT: dict[Verdict, str] = {
    Verdict.ACCESSED: "Accessed: entries of the log prove it.",
    Verdict.PROVEN_NOT_ACCESSED: (
        "Proven: this was not accessed by what the report declares. No entry shows it, the entries have no gap, and"
        " the log is one history between two checkpoints that a witness signed."
    ),
    Verdict.NO_EVIDENCE: (
        "No evidence: no entry shows an access, and that proves nothing either way. It may have been accessed."
    ),
    Verdict.UNKNOWN: (
        "Unknown: the host of the vault was in foreign hands, and the log of that time proves nothing."
        " It may have been accessed."
    ),
}

REASONS: dict[str, tuple[bool, str]] = {
    "was_excluded": (True, "entries of other actors touch it, and the report leaves those out"),
    "is_gap_free": (False, "the entries have a gap, run backwards, or can be read no longer"),
    "is_one_history": (False, "two co-signed checkpoints that show one history of the log are missing"),
    "is_declared": (False, "the report declares nothing of what the thief held"),
    "is_unlogged": (True, "what is declared could read it without an entry"),
    "is_drilled": (False, "a drill that found what is declared unreadable is missing"),
}
"""Why nothing is proven: by the name of what a verdict rests on, and the value that speaks against proof."""

ACTIONS: dict[Field, str] = {
    Field.ORGANIZATION: (
        "Somebody may know that you use this service, and how many members you have. Warn your members of messages"
        " that claim to come from it or from us: nobody of ours asks for a password, a code or a key."
    ),
    Field.MEMBERS: "Warn the members named in this letter, or all where none is named, of phishing aimed at them.",
    Field.INVITATIONS: "Withdraw open invitations, and invite again by another way.",
    Field.API_KEYS: "Look through your API keys with `facekeep keys list`; revoke and replace those you do not know.",
    Field.SIGN_IN: "Have the members concerned change passwords and look through their passkeys.",
    Field.SESSIONS: "End open sessions: each member with `facekeep sign-out --everywhere`.",
    Field.USAGE: "Somebody may know how much you search and enroll. Tell whoever is responsible for that secret.",
    Field.LOG: "Your log names who searched when. Treat running cases as possibly known.",
    Field.RULES: "Look through your rules, and set back what you find changed.",
    Field.WEBHOOKS: "Look through your webhooks, remove those you do not know, and replace the secrets of the others.",
    Field.COLLECTIONS: "Look through your collections and their policies, and set back what you find changed.",
    Field.RECORD_IDS: "Ids say who has which face. Compare those named in this letter with what you published of them.",
    Field.NAME: "Work out who the named persons are; they may have to be told, and warned of phishing by name.",
    Field.PROVENANCE: "Sources and legal bases may be known. Tell the sources who asked to stay unknown.",
    Field.CROP: "Pictures of persons may be known. They cannot be replaced as a password can: the persons may be told.",
    Field.PHOTO: "Whole photos may be known, with whoever else they show. The persons may have to be told.",
    Field.TEMPLATE: "Templates are biometric data (GDPR Art. 9). The persons may have to be told.",
    Field.SCORE: "Candidates of searches may be known. Treat the searches concerned as possibly known.",
    Field.LEADS: "Leads may be known. Whoever is responsible for the cases should decide what changes.",
    Field.DECISIONS: "Decisions of reviewers may be known or changed. Have those named here decided again.",
    Field.CASES: "Cases may be known. Whoever is responsible for them should decide what changes.",
    Field.APPROVALS: "Look through open and given approvals, and withdraw what nobody of yours asked for.",
    Field.STANDING: "Look through standing searches, and end those that nobody of yours began.",
    Field.PASSING: "Photos that passed in this time may be known: probes, and what was being enrolled.",
    Field.CREDENTIALS: "Replace every API key and change every password that was used in this time.",
}
"""What a customer can do about each field that is accessed or unknown."""

DONE: dict[str, str] = {
    "key.revoked ended an access": "an API key of yours was revoked",
    "sessions.ended ended an access": "the sessions of a member of yours were ended",
    "member.removed ended an access": "a member of yours was removed",
    "passkey.revoked ended an access": "a passkey of a member of yours was revoked",
    "access.ended ended an access": "an access to your organization was ended at the vault",
    "freeze.made ended an access": "an access to your organization was frozen",
    "the keys of the customer were rotated": "the keys of your organization were replaced by new ones",
}
"""What the timeline says was done, as it is told to the customer whose entry says so."""

ABOUT = {
    "letter": "Letter to a customer: GDPR Art. 33(2), a processor tells its controllers without undue delay.",
    "gdpr-33": (
        "Notification to the supervisory authority: GDPR Art. 33(1), by the controller, where feasible within 72 hours"
        " of becoming aware; in phases where not all is known at once (Art. 33(4)). A processor tells its controllers"
        " instead (Art. 33(2)). All of it is documented too (Art. 33(5))."
    ),
    "gdpr-34": (
        "Communication to the persons concerned: GDPR Art. 34(1), without undue delay where a high risk to them is"
        " likely, in plain language, with what Art. 33(3)(b), (c) and (d) ask for (Art. 34(2))."
    ),
    "waiver": (
        "Why no communication to the persons concerned is made: GDPR Art. 34(3)(a), measures that make the data"
        " unintelligible to whoever is not authorised to access it. The authority may see it otherwise (Art. 34(4))."
    ),
    "nis2-1": "Early warning: NIS2 (Directive (EU) 2022/2555) Art. 23(4)(a), within 24 hours of becoming aware.",
    "nis2-2": (
        "Incident notification: NIS2 (Directive (EU) 2022/2555) Art. 23(4)(b), within 72 hours of becoming aware"
        " (24 hours for a trust service provider)."
    ),
    "nis2-3": (
        "Final report: NIS2 (Directive (EU) 2022/2555) Art. 23(4)(d), within one month of submitting the incident"
        " notification; a progress report while the incident goes on, and the final one within one month of its"
        " handling (Art. 23(4)(e)). The time here is the latest: it is earlier where the notification was."
    ),
    "us": (
        "Notice of Data Breach under the five headings of California Civil Code section 1798.82(d)(1). The laws of the"
        " states differ in whom to tell, when, and what else a notice must say."
    ),
    "public": "Post-incident report for the public: a skeleton. No law fixes its time.",
}
"""What each notice is, by which law."""

NO_FIXED_TIME = "without undue delay: no fixed number of hours"
STATES = "by the law of each state"
NO_LAW = "no law fixes it"
PLAIN_HOURS = "Counted in plain hours from awareness, through weekends and holidays."
UTC_TIMES = "All times are UTC."
PSEUDONYM = "Written with a pseudonym: no name was opened."
NAMELESS = "who this customer is: the vault opens no name for the pseudonym, its keys may be destroyed"

HEAD = {
    "organization": "organization",
    "id": "its id",
    "pseudonym": "in the signed report",
    "incident": "incident",
    "asked": "time looked at",
    "aware": "aware at",
    "first": "first act",
    "last": "last act",
    "contained": "contained",
    "declared": "declared of the thief",
    "written": "written at",
    "due": "due",
    "remains": "remains when written",
    "passed": "since awareness",
}
NO_ACTS = "the entries show none"
NOT_CONTAINED = "the entries of this time show no containment"
EVERYTHING = "nothing: every entry of the time counts as an access"

TITLES = {
    "letter": "What happened to the data of your organization",
    "gdpr-33-1": "Notification of a personal data breach: initial",
    "gdpr-33-2": "Notification of a personal data breach: follow-up",
    "gdpr-33-3": "Notification of a personal data breach: final",
    "gdpr-34": "Communication of a personal data breach to the persons concerned",
    "waiver": "No communication to the persons concerned: reasons",
    "nis2-1": "Early warning of a significant incident",
    "nis2-2": "Notification of a significant incident",
    "nis2-3": "Final report on a significant incident",
    "us": "Notice of Data Breach",
    "public": "Post-incident report",
}

SECTIONS = {
    "known": "What is known, field by field",
    "reasons": "What is missing for a proof",
    "records": "Records that entries name",
    "minutes": "Minutes in which it was accessed",
    "cause": "Root cause",
    "done": "What was done",
    "do": "What you can do",
    "check": "How to check this letter",
    "ask": "Whom to ask",
    "times": "Times",
    "nature": "Nature of the breach: Art. 33(3)(a)",
    "contact": "Contact point: Art. 33(3)(b)",
    "consequences": "Likely consequences: Art. 33(3)(c)",
    "measures": "Measures taken or proposed: Art. 33(3)(d)",
    "delay": "Reasons for the delay: Art. 33(1)",
    "new": "What is new since the notification before",
    "plain_nature": "What happened",
    "evidence": "Evidence of the drills",
    "suspicion": "Suspected cause and cross-border impact: Art. 23(4)(a)",
    "assessment": "Initial assessment, severity and impact: Art. 23(4)(b)",
    "indicators": "Indicators of compromise: Art. 23(4)(b)",
    "description": "Detailed description, severity and impact: Art. 23(4)(d)(i)",
    "threat": "Type of threat or root cause: Art. 23(4)(d)(ii)",
    "mitigation": "Mitigation, applied and going on: Art. 23(4)(d)(iii)",
    "border": "Cross-border impact: Art. 23(4)(d)(iv)",
    "us_what": "What Happened",
    "us_information": "What Information Was Involved",
    "us_doing": "What We Are Doing",
    "us_do": "What You Can Do",
    "us_more": "For More Information",
    "lessons": "What changes",
    "verdicts": "What the words mean",
    "marks": "What a person must still write",
}

COLUMNS = {
    "known": ("what", "what is known", "first and last minute", "entries"),
    "records": ("what", "record", "entries"),
    "minutes": ("what", "minutes"),
    "nature": ("what", "accessed: customers", "records that entries name", "verdicts: customers"),
    "done": ("at", "what was done"),
    "drills": ("tier", "outcome", "drilled at", "entry of the keep, digest of the drill's report"),
}
KEEP_ENTRIES = "of the keep's own log: {numbers}"
WHOLE = "all of it"
UNNAMED = "entries name none"
CHECK = (
    "The numbers of entries are those of your own log. Export it with `facekeep log export --out FILE`, check it with"
    " `facekeep log verify FILE --key KEY`, and read the entries that this letter names. Entries of the keep's own log"
    " can be read by its operator alone. The log's key:"
)
SIGNED = "Everything here but what people wrote comes from the signed report of this incident."
DONE_NONE = "The report names nothing done for your organization alone."
COUNTS = "Customers by the most serious that is known of them: {counts}."
SUPPORTED = (
    "Every field of every customer this is about is proven not accessed by what the report declares, and the newest"
    " drill of everything declared found its bytes unreadable."
)

WRITE = {
    "contact": "name and contact details of the data protection officer or another contact point",
    "cause": "why it could happen (root cause); give it to the report with --root-cause and make the notices again",
    "cause_other": "why it could happen, in words that name no customer but whom this is for",
    "plain": "what happened, in plain words for people who hear of this service for the first time",
    "consequences": "the likely consequences for the persons concerned",
    "measures": "measures taken and proposed, those against adverse effects too",
    "rotated": "whether and when further keys were replaced and sessions were ended",
    "persons": "the approximate number of persons concerned: entries count records",
    "delay": "the reasons for notifying later than 72 hours after becoming aware",
    "new": "what is new since the notification before, and what is still being looked into",
    "reference": "the reference that the authority gave",
    "suspicion": "whether unlawful or malicious acts are suspected (yes or no, and why)",
    "border": "whether there could be a cross-border impact, and in which Member States",
    "severity": "severity and impact on the service: since when, how long, how many users, what losses",
    "indicators": "indicators of compromise beyond the actors that the report names",
    "threat": "the type of threat that is likely behind it",
    "mitigation": "which mitigation is applied and which goes on",
    "risk": "whether a high risk to the persons is likely, and who decided that",
    "held": "the confirmation that the keys stayed out of foreign hands, by name and date",
    "free": "a toll-free number, postal and e-mail address for questions",
    "offer": "what is offered to the persons, such as help against identity theft where the law asks for it",
    "date": "the date of the notice, and whether a law enforcement agency asked for a delay",
    "states": "the states concerned, their times, and whom else to tell there",
    "lessons": "what changes, by when, and who sees to it",
    "sign": "who signs this",
}
"""What a person must write, by slot. Nothing is ever put in its place."""
