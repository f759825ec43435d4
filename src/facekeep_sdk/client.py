"""`Client` and `AsyncClient`: the same calls, sent by a thread or awaited.

Each method is one description of `calls.py` bound to a way of sending, so the two cannot drift apart.
"""

import asyncio
import inspect
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import wraps
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from facekeep_sdk import (
    calls,
    calls_cases,
    calls_freezes,
    calls_members,
    calls_review,
    calls_sign_in,
    calls_standing,
    log_export,
    log_memory,
)
from facekeep_sdk.calls import Call, Conversation, Page, Pause
from facekeep_sdk.errors import FacekeepApiError
from facekeep_sdk.log_memory import LogMemory
from facekeep_sdk.models import Checkpoint, CosignedCheckpoint, ExportCheck, LogCheck, ProvedEntry
from facekeep_sdk.sending import Outcome, Retries, request_arguments, settle

P = ParamSpec("P")
T = TypeVar("T")
_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _described(describe: Callable[P, Any], method: Callable[..., T]) -> Callable[..., T]:
    wrapped = wraps(describe)(method)
    parameters = [_SELF, *inspect.signature(describe).parameters.values()]
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return wrapped


def _sent(describe: Callable[P, Call[T]]) -> Callable[Concatenate["Client", P], T]:
    def method(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(describe(*args, **kwargs))

    return _described(describe, method)


def _listed(describe: Callable[P, Call[Page[T]]]) -> Callable[Concatenate["Client", P], Iterator[T]]:
    def method(self: "Client", /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        following: Call[Page[T]] | None = describe(*args, **kwargs)
        while following is not None:
            page = self.send(following)
            yield from page.items
            following = page.following

    return _described(describe, method)


def _awaited(describe: Callable[P, Call[T]]) -> Callable[Concatenate["AsyncClient", P], Awaitable[T]]:
    async def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(describe(*args, **kwargs))

    return _described(describe, method)


def _listed_async(describe: Callable[P, Call[Page[T]]]) -> Callable[Concatenate["AsyncClient", P], AsyncIterator[T]]:
    async def method(self: "AsyncClient", /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        following: Call[Page[T]] | None = describe(*args, **kwargs)
        while following is not None:
            page = await self.send(following)
            for item in page.items:
                yield item
            following = page.following

    return _described(describe, method)


def _pause(pause: Pause) -> object:
    time.sleep(pause.seconds)
    return pause


class _Common:
    """What both clients are made with. The key is sent as a header only, and never shown.

    `api_key` is an API key, the session of somebody who signed in, or empty for signing in and joining.

    `checkpoint_path` keeps the last checked checkpoint of the log between runs. With it, the first call of every client
    checks that the log extends what was seen last, and no call is sent where it does not: a keep that was set back to
    an older state, or shows another history, is refused with `LogTampered`. See `check_log`.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float = 60.0,
        retries: Retries | None = None,
        checkpoint_path: Path | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._retries = retries or Retries()
        self._memory = LogMemory(checkpoint_path)
        self._is_checked = checkpoint_path is None
        self._options: dict[str, Any] = {
            "base_url": self.base_url,
            "headers": {"User-Agent": "facekeep-sdk"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {}),
            "timeout": httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
            "follow_redirects": False,  # a redirect would carry the key elsewhere
            "trust_env": False,  # so would a proxy that somebody else set
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"

    @property
    def last_checkpoint(self) -> Checkpoint | None:
        """The last checkpoint that passed `check_log`."""
        return self._memory.last


class Client(_Common):
    """A client for ordinary code; safe to share between threads. Close it, or use it in a `with` block."""

    def __init__(self, base_url: str, api_key: str, **options: Any) -> None:
        super().__init__(base_url, api_key, **options)
        self._http = httpx.Client(**self._options)
        self._looking = threading.Lock()

    status = _sent(calls.status)
    create_collection = _sent(calls.create_collection)
    collections = _listed(calls.collections)
    collection = _sent(calls.collection)
    delete_collection = _sent(calls.delete_collection)
    create_person = _sent(calls.create_person)
    persons = _listed(calls.persons)
    person = _sent(calls.person)
    forget_person = _sent(calls.forget_person)
    enroll = _sent(calls.enroll)
    faces = _listed(calls.faces)
    face = _sent(calls.face)
    forget_face = _sent(calls.forget_face)
    crop = _sent(calls.crop)
    photo = _sent(calls.photo)
    detect = _sent(calls.detect)
    search = _sent(calls.search)
    search_by_face = _sent(calls.search_by_face)
    verify = _sent(calls.verify)
    log_entries = _listed(calls.log_entries)
    checkpoint = _sent(calls.checkpoint)
    proof = _sent(calls.proof)
    consistency = _sent(calls.consistency)
    me = _sent(calls_members.me)
    members = _listed(calls_members.members)
    add_program = _sent(calls_members.add_program)
    set_roles = _sent(calls_members.set_roles)
    remove_member = _sent(calls_members.remove_member)
    end_sessions = _sent(calls_members.end_sessions)
    freeze_member = _sent(calls_freezes.freeze_member)
    freezes = _sent(calls_freezes.freezes)
    lift_freeze = _sent(calls_freezes.lift_freeze)
    invite = _sent(calls_members.invite)
    invitations = _listed(calls_members.invitations)
    withdraw_invitation = _sent(calls_members.withdraw_invitation)
    make_api_key = _sent(calls_members.make_api_key)
    api_keys = _listed(calls_members.api_keys)
    revoke_api_key = _sent(calls_members.revoke_api_key)
    create_case = _sent(calls_cases.create_case)
    cases = _listed(calls_cases.cases)
    case = _sent(calls_cases.case)
    change_case = _sent(calls_cases.change_case)
    change_case_members = _sent(calls_cases.change_case_members)
    close_case = _sent(calls_cases.close_case)
    request_approval = _sent(calls_cases.request_approval)
    approvals = _listed(calls_cases.approvals)
    approval = _sent(calls_cases.approval)
    decide_approval = _sent(calls_cases.decide_approval)
    rules = _sent(calls_cases.rules)
    set_rules = _sent(calls_cases.set_rules)
    usage = _sent(calls_cases.usage)
    begin_sign_in = _sent(calls_sign_in.begin_sign_in)
    finish_sign_in = _sent(calls_sign_in.finish_sign_in)
    sign_in_by_password = _sent(calls_sign_in.sign_in_by_password)
    begin_join = _sent(calls_sign_in.begin_join)
    finish_join = _sent(calls_sign_in.finish_join)
    join_by_password = _sent(calls_sign_in.join_by_password)
    memberships = _sent(calls_sign_in.memberships)
    choose_organization = _sent(calls_sign_in.choose_organization)
    accept_invitation = _sent(calls_sign_in.accept_invitation)
    begin_proof = _sent(calls_sign_in.begin_proof)
    finish_proof = _sent(calls_sign_in.finish_proof)
    prove_password = _sent(calls_sign_in.prove_password)
    own_credentials = _sent(calls_sign_in.own_credentials)
    begin_passkey = _sent(calls_sign_in.begin_passkey)
    finish_passkey = _sent(calls_sign_in.finish_passkey)
    revoke_passkey = _sent(calls_sign_in.revoke_passkey)
    begin_password = _sent(calls_sign_in.begin_password)
    finish_password = _sent(calls_sign_in.finish_password)
    change_password = _sent(calls_sign_in.change_password)
    sessions = _sent(calls_sign_in.sessions)
    end_other_sessions = _sent(calls_sign_in.end_other_sessions)
    sign_out = _sent(calls_sign_in.sign_out)
    leads = _listed(calls_review.leads)
    lead = _sent(calls_review.lead)
    decide_lead = _sent(calls_review.decide_lead)
    reveal_lead = _sent(calls_review.reveal_lead)
    create_standing_search = _sent(calls_standing.create_standing_search)
    standing_searches = _listed(calls_standing.standing_searches)
    standing_search = _sent(calls_standing.standing_search)
    approve_standing_search = _sent(calls_standing.approve_standing_search)
    end_standing_search = _sent(calls_standing.end_standing_search)
    hits = _listed(calls_standing.hits)
    set_webhook = _sent(calls_standing.set_webhook)
    webhooks = _sent(calls_standing.webhooks)
    remove_webhook = _sent(calls_standing.remove_webhook)
    test_webhook = _sent(calls_standing.test_webhook)

    def check_log(self, *, entries: bool = False) -> LogCheck:
        """Check that the log only grew since the last check; with `entries`, that each own entry is in it."""
        return self._converse(log_memory.check_log(self._memory, entries=entries))

    def prove_entry(self, entry: int) -> ProvedEntry:
        """Check the log, and that the organization's `entry` is in it; returns what others need to check the same."""
        return self._converse(log_memory.prove_entry(self._memory, entry))

    def cosigned_checkpoint(self, witness_keys: Sequence[str], *, patience_s: float = 30.0) -> CosignedCheckpoint:
        """Check the log, and that each of these witnesses cosigned its newest checkpoint."""
        return self._converse(log_memory.cosigned_checkpoint(self._memory, witness_keys, patience_s=patience_s))

    def export_log(self, path: Path, *, patience_s: float = 600.0) -> ExportCheck:
        """Write the organization's own entries to a file that anybody can check offline; see `verify_export`."""
        return self._converse(log_export.export_log(self._memory, path, patience_s=patience_s))

    def send(self, call: Call[T]) -> T:
        """Send a described call, again where that is safe, and return its decoded answer."""
        if not self._is_checked:
            self._look_first()
        return self._send(call)

    def _look_first(self) -> None:
        with self._looking:
            if not self._is_checked:
                self._converse(log_memory.check_log(self._memory), self._send)
                self._is_checked = True

    def _send(self, call: Call[T]) -> T:
        for attempt in count(1):
            outcome = self._attempt(call)
            delay_s = self._retries.delay_s(call, attempt, outcome)
            if delay_s is None:
                break
            time.sleep(delay_s)
        return settle(call, outcome)

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _attempt(self, call: Call[Any]) -> Outcome:
        with request_arguments(call) as arguments:
            try:
                return self._http.request(call.method, call.path, **arguments)
            except httpx.TransportError as error:
                return error

    def _converse(self, conversation: Conversation[T], send: Callable[[Call[Any]], Any] | None = None) -> T:
        send = send or self.send
        call = next(conversation)
        while True:
            try:
                try:
                    answer = _pause(call) if isinstance(call, Pause) else send(call)
                except FacekeepApiError as error:
                    call = conversation.throw(error)
                else:
                    call = conversation.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result


class AsyncClient(_Common):
    """The same client for `asyncio`. Close it, or use it in an `async with` block."""

    def __init__(self, base_url: str, api_key: str, **options: Any) -> None:
        super().__init__(base_url, api_key, **options)
        self._http = httpx.AsyncClient(**self._options)
        self._looking = asyncio.Lock()

    status = _awaited(calls.status)
    create_collection = _awaited(calls.create_collection)
    collections = _listed_async(calls.collections)
    collection = _awaited(calls.collection)
    delete_collection = _awaited(calls.delete_collection)
    create_person = _awaited(calls.create_person)
    persons = _listed_async(calls.persons)
    person = _awaited(calls.person)
    forget_person = _awaited(calls.forget_person)
    enroll = _awaited(calls.enroll)
    faces = _listed_async(calls.faces)
    face = _awaited(calls.face)
    forget_face = _awaited(calls.forget_face)
    crop = _awaited(calls.crop)
    photo = _awaited(calls.photo)
    detect = _awaited(calls.detect)
    search = _awaited(calls.search)
    search_by_face = _awaited(calls.search_by_face)
    verify = _awaited(calls.verify)
    log_entries = _listed_async(calls.log_entries)
    checkpoint = _awaited(calls.checkpoint)
    proof = _awaited(calls.proof)
    consistency = _awaited(calls.consistency)
    me = _awaited(calls_members.me)
    members = _listed_async(calls_members.members)
    add_program = _awaited(calls_members.add_program)
    set_roles = _awaited(calls_members.set_roles)
    remove_member = _awaited(calls_members.remove_member)
    end_sessions = _awaited(calls_members.end_sessions)
    freeze_member = _awaited(calls_freezes.freeze_member)
    freezes = _awaited(calls_freezes.freezes)
    lift_freeze = _awaited(calls_freezes.lift_freeze)
    invite = _awaited(calls_members.invite)
    invitations = _listed_async(calls_members.invitations)
    withdraw_invitation = _awaited(calls_members.withdraw_invitation)
    make_api_key = _awaited(calls_members.make_api_key)
    api_keys = _listed_async(calls_members.api_keys)
    revoke_api_key = _awaited(calls_members.revoke_api_key)
    create_case = _awaited(calls_cases.create_case)
    cases = _listed_async(calls_cases.cases)
    case = _awaited(calls_cases.case)
    change_case = _awaited(calls_cases.change_case)
    change_case_members = _awaited(calls_cases.change_case_members)
    close_case = _awaited(calls_cases.close_case)
    request_approval = _awaited(calls_cases.request_approval)
    approvals = _listed_async(calls_cases.approvals)
    approval = _awaited(calls_cases.approval)
    decide_approval = _awaited(calls_cases.decide_approval)
    rules = _awaited(calls_cases.rules)
    set_rules = _awaited(calls_cases.set_rules)
    usage = _awaited(calls_cases.usage)
    begin_sign_in = _awaited(calls_sign_in.begin_sign_in)
    finish_sign_in = _awaited(calls_sign_in.finish_sign_in)
    sign_in_by_password = _awaited(calls_sign_in.sign_in_by_password)
    begin_join = _awaited(calls_sign_in.begin_join)
    finish_join = _awaited(calls_sign_in.finish_join)
    join_by_password = _awaited(calls_sign_in.join_by_password)
    memberships = _awaited(calls_sign_in.memberships)
    choose_organization = _awaited(calls_sign_in.choose_organization)
    accept_invitation = _awaited(calls_sign_in.accept_invitation)
    begin_proof = _awaited(calls_sign_in.begin_proof)
    finish_proof = _awaited(calls_sign_in.finish_proof)
    prove_password = _awaited(calls_sign_in.prove_password)
    own_credentials = _awaited(calls_sign_in.own_credentials)
    begin_passkey = _awaited(calls_sign_in.begin_passkey)
    finish_passkey = _awaited(calls_sign_in.finish_passkey)
    revoke_passkey = _awaited(calls_sign_in.revoke_passkey)
    begin_password = _awaited(calls_sign_in.begin_password)
    finish_password = _awaited(calls_sign_in.finish_password)
    change_password = _awaited(calls_sign_in.change_password)
    sessions = _awaited(calls_sign_in.sessions)
    end_other_sessions = _awaited(calls_sign_in.end_other_sessions)
    sign_out = _awaited(calls_sign_in.sign_out)
    leads = _listed_async(calls_review.leads)
    lead = _awaited(calls_review.lead)
    decide_lead = _awaited(calls_review.decide_lead)
    reveal_lead = _awaited(calls_review.reveal_lead)
    create_standing_search = _awaited(calls_standing.create_standing_search)
    standing_searches = _listed_async(calls_standing.standing_searches)
    standing_search = _awaited(calls_standing.standing_search)
    approve_standing_search = _awaited(calls_standing.approve_standing_search)
    end_standing_search = _awaited(calls_standing.end_standing_search)
    hits = _listed_async(calls_standing.hits)
    set_webhook = _awaited(calls_standing.set_webhook)
    webhooks = _awaited(calls_standing.webhooks)
    remove_webhook = _awaited(calls_standing.remove_webhook)
    test_webhook = _awaited(calls_standing.test_webhook)

    async def check_log(self, *, entries: bool = False) -> LogCheck:
        """Check that the log only grew since the last check; with `entries`, that each own entry is in it."""
        return await self._converse(log_memory.check_log(self._memory, entries=entries))

    async def prove_entry(self, entry: int) -> ProvedEntry:
        """Check the log, and that the organization's `entry` is in it; returns what others need to check the same."""
        return await self._converse(log_memory.prove_entry(self._memory, entry))

    async def cosigned_checkpoint(self, witness_keys: Sequence[str], *, patience_s: float = 30.0) -> CosignedCheckpoint:
        """Check the log, and that each of these witnesses cosigned its newest checkpoint."""
        return await self._converse(log_memory.cosigned_checkpoint(self._memory, witness_keys, patience_s=patience_s))

    async def export_log(self, path: Path, *, patience_s: float = 600.0) -> ExportCheck:
        """Write the organization's own entries to a file that anybody can check offline; see `verify_export`."""
        return await self._converse(log_export.export_log(self._memory, path, patience_s=patience_s))

    async def send(self, call: Call[T]) -> T:
        """Send a described call, again where that is safe, and return its decoded answer."""
        if not self._is_checked:
            await self._look_first()
        return await self._send(call)

    async def _look_first(self) -> None:
        async with self._looking:
            if not self._is_checked:
                await self._converse(log_memory.check_log(self._memory), self._send)
                self._is_checked = True

    async def _send(self, call: Call[T]) -> T:
        for attempt in count(1):
            outcome = await self._attempt(call)
            delay_s = self._retries.delay_s(call, attempt, outcome)
            if delay_s is None:
                break
            await asyncio.sleep(delay_s)
        return settle(call, outcome)

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _attempt(self, call: Call[Any]) -> Outcome:
        with request_arguments(call) as arguments:
            try:
                return await self._http.request(call.method, call.path, **arguments)
            except httpx.TransportError as error:
                return error

    async def _converse(
        self, conversation: Conversation[T], send: Callable[[Call[Any]], Awaitable[Any]] | None = None
    ) -> T:
        send = send or self.send
        call = next(conversation)
        while True:
            try:
                try:
                    answer = await (asyncio.sleep(call.seconds) if isinstance(call, Pause) else send(call))
                except FacekeepApiError as error:
                    call = conversation.throw(error)
                else:
                    call = conversation.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
