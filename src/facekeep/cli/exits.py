"""Exit statuses, and what to do about each error code: the one place that says so (`docs/cli.md` repeats it)."""

from enum import IntEnum

from facekeep.errors import BadInput, Code, Refused, Tampered, Unavailable, group_of


class Exit(IntEnum):
    """What a command's exit status means."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    BAD_INPUT = 3
    REFUSED = 4
    UNAVAILABLE = 5
    TAMPERED = 6
    PARTLY = 7  # nothing was found, or some photos of a bulk enrollment were refused
    WARNINGS = 8  # the doctor's worst finding is a warning
    BLOCKERS = 9  # it is a blocker, or a keep was not started because of one
    INTERRUPTED = 130


_OF_GROUP = {
    BadInput: Exit.BAD_INPUT,
    Refused: Exit.REFUSED,
    Unavailable: Exit.UNAVAILABLE,
    Tampered: Exit.TAMPERED,
}
_OF_SDK = {
    "server_unreachable": Exit.UNAVAILABLE,
    "bad_answer": Exit.UNAVAILABLE,
    "photo_unreadable": Exit.BAD_INPUT,
}
ADVICE: dict[str, str] = {
    "server_unreachable": "start the keep with `facekeep up`, or check --data",
    "bad_answer": "something else answers at the server's address; check http.port in keep.toml",
    "photo_unreadable": "check that the file exists and that you may read it",
    Code.INVALID_REQUEST: "correct what the message names and try again",
    Code.INVALID_SETTING: "correct keep.toml in the data folder and try again",
    Code.NOT_FOUND: "list what there is with `facekeep collections list`",
    Code.CONFLICT: "use the one that exists, or choose another name or folder",
    Code.IDEMPOTENCY_MISMATCH: "send the changed request with a new idempotency key",
    Code.REQUEST_TOO_LARGE: "send fewer or smaller photos at once",
    Code.PHOTO_EMPTY: "export the photo again; the file has no content",
    Code.PHOTO_TOO_LARGE: "save the photo smaller than 20 MB",
    Code.PHOTO_TOO_MANY_PIXELS: "scale the photo below 50 megapixels",
    Code.PHOTO_UNSUPPORTED: "save the photo as JPEG or PNG",
    Code.PHOTO_DAMAGED: "export the photo again; its content is damaged",
    Code.PHOTO_TOO_HARD: "save the photo anew as JPEG; decoding it took too much",
    Code.NO_FACE: "use a photo that shows the face larger and from the front, or mark the face by hand",
    Code.SEVERAL_FACES: "choose one face with --face N",
    Code.LOW_QUALITY: "use a sharper, larger or more frontal photo",
    Code.MODEL_MISMATCH: "search collections of one face model at a time",
    Code.MODEL_REFUSED: "install the model file that the registry names; this one differs",
    Code.ALREADY_INITIALIZED: "use the keep as it is: `facekeep up`",
    Code.BACKUP_EXPIRED: "choose a newer backup; `facekeep backup list` shows which can be opened",
    Code.UNAUTHENTICATED: "sign in with `facekeep sign-in`, or issue a new key with `facekeep vault issue-key`",
    Code.FORBIDDEN: "ask an administrator of your organization",
    Code.FROZEN: "ask an administrator of your organization; two people must say that it goes on",
    Code.PROOF_NEEDED: "sign in again, then repeat it",
    Code.FROZEN: "ask an admin or the operator: two people let it go on with `facekeep members unfreeze`",
    Code.TOO_MANY_TRIES: "wait some minutes, or sign in with a passkey",
    Code.UNSEAL_REFUSED: "check the passphrase, share or key file and try again",
    Code.QUARANTINED: "look into the alarm first, then `facekeep vault clear-quarantine`",
    Code.BUDGET_EXHAUSTED: "wait until the budget renews, or ask for a larger one",
    Code.CASE_NEEDED: "open a case with `facekeep cases create`, then search with --case ID",
    Code.CASE_CLOSED: "open a new case with `facekeep cases create`",
    Code.APPROVAL_NEEDED: "ask for it with `facekeep approvals ask CASE COLLECTION`; a second person decides",
    Code.REVEAL_NEEDED: "reveal the lead with a reason: `facekeep review reveal LEAD --reason TEXT`",
    Code.NOT_INITIALIZED: "make the keep with `facekeep init`",
    Code.VAULT_SEALED: "open the vault with `facekeep vault unseal`",
    Code.VAULT_UNREACHABLE: "start the keep with `facekeep up`",
    Code.STORE_UNAVAILABLE: "check the disk or the object store, then try again",
    Code.DISK_FULL: "free space on the disk, then try again",
    Code.LOG_UNWRITABLE: "check the disk that holds the log; nothing is opened until it can be written",
    Code.STALE: "try again",
    Code.NOT_YET_PUBLISHED: "wait for the next checkpoint, usually a minute, and try again",
    Code.BUSY: "try again in a moment",
    Code.INTERNAL: "look at the messages of `facekeep up`, then try again",
    Code.SUMS_REFUSED: "stop and investigate the search tier; keep the log",
    Code.BLOCK_ALTERED: "stop and restore the store from a backup; keep the log",
    Code.CELL_ALTERED: "stop and restore the altered file; keep the log",
    Code.CELL_MISSING: "stop and restore the store from a backup; keep the log",
    Code.DATABASE_ALTERED: "stop and restore the vault from a backup; keep the log",
    Code.BACKUP_ALTERED: "restore an older backup, or a copy of this one; keep the altered files",
    Code.LOG_ALTERED: "stop and keep both the log and the remembered checkpoint as evidence",
}


def exit_status(code: str) -> Exit:
    """The exit status for an error code of the server, the SDK or this machine."""
    if code in _OF_SDK:
        return _OF_SDK[code]
    return _OF_GROUP[group_of(Code(code))] if code in set(Code) else Exit.UNEXPECTED


def advice(code: str) -> str:
    """One line on what to do."""
    return ADVICE.get(code, "report this with the command that led to it")
