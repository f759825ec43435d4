"""A thief of the idle server's memory or of the data folder finds no password, invitation, second factor or session.

The session is looked for while it still lives: the server holds nothing of whoever is signed in between two requests.
"""

import os
import sys
import time
from base64 import b32decode
from pathlib import Path

import pytest
from keep_process import running_keep, wait_until
from planted_keep import planted_word

from facekeep.service.drill import traces
from facekeep.service.drill.scanning import Scanner
from facekeep.vault.identity import totp
from facekeep_sdk import Client, FacekeepApiError, Rules

pytestmark = pytest.mark.timeout(300)
_REST_S, _TIDY_WITHIN_S = 8.0, 30.0


def test_nothing_that_opens_an_account_stays_behind(tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("reading the memory of other processes needs root on Linux")
    password, name = planted_word(), planted_word("é")
    with running_keep(tmp_path) as keep:
        with Client(keep.base_url, keep.api_key) as admin, Client(keep.base_url, "") as stranger:
            admin.set_rules(Rules(password_sign_in=True))
            code = admin.invite(name, ["auditor"]).code
            offer = stranger.begin_join(code)
            assert offer.password is not None
            secret, step = b32decode(offer.password.totp_secret), int(time.time() // 30)
            stranger.join_by_password(code, offer.ticket, password, totp.code_at(secret, step - 1))
            handle, now = offer.password.handle, totp.code_at(secret, step)
            signed_in = stranger.sign_in_by_password(handle, password, now)
            with pytest.raises(FacekeepApiError):
                stranger.sign_in_by_password(handle, f"{password} is wrong", now)
            with Client(keep.base_url, signed_in.session) as person:
                person.own_credentials()
                person.sessions()
        planted = {
            "password": password, "name": name, "invitation": code, "session": signed_in.session,
            "second factor": offer.password.totp_secret, "sign-in name": handle,
        }  # fmt: skip
        wanted = [one for label, text in planted.items() for one in traces.of_text(label, text)]
        scanner = Scanner([*wanted, *traces.of_text("second factor", secret.hex())])
        time.sleep(_REST_S)
        deadline = time.monotonic() + _TIDY_WITHIN_S
        while (found := scanner.in_process(keep.server_pid)) and time.monotonic() < deadline:
            time.sleep(1)
        assert not found, {one.label for one in found}
        assert not scanner.in_folder(keep.data_dir)
        assert not scanner.in_bytes(keep.log_path.read_bytes(), "lines")
        assert scanner.in_process(keep.vault_pid), "control: the open vault knows the sessions that live"
        with Client(keep.base_url, signed_in.session) as person:
            wait_until(lambda: person.memberships() != (), "the session did not live on", 5)
