"""Another site that somebody visits who is signed in: it cannot act as them, frame the console or sign them in."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from browsing import Reader
from keep_process import KeepProcess
from playwright.sync_api import expect

_FORMS = """<!doctype html><title>elsewhere</title>
<form id="form" method="post" action="{origin}/console/sign-out"></form>
<form id="plain" method="post" enctype="text/plain" action="{origin}/v1/cases">
<input name='{{"purpose":"' value='x"}}'></form>
<iframe id="frame" src="{origin}/console/status"></iframe>
"""


@contextmanager
def another_site(origin: str) -> Iterator[str]:
    """A page elsewhere: by its address, of another site than `localhost`."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = _FORMS.format(origin=origin).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def cookie_of(robin: Reader) -> dict[str, str]:
    (cookie,) = robin.context.cookies()
    return {str(cookie["name"]): str(cookie["value"])}


def test_a_form_of_another_site_does_nothing(member: Callable[..., Reader]) -> None:
    robin = member()
    with another_site(robin.origin) as elsewhere:
        for form in ("form", "plain"):
            robin.page.goto(elsewhere)
            with robin.page.expect_navigation():
                robin.page.evaluate(f"document.getElementById('{form}').submit()")
    robin.go("/console/status")
    expect(robin.page.get_by_role("heading", name="Status", level=1)).to_be_visible()


def test_a_script_of_another_site_reads_and_changes_nothing(member: Callable[..., Reader]) -> None:
    robin = member()
    ask = """async ([url, more]) => {
      try { const answer = await fetch(url, {credentials: "include", ...more}); return await answer.text(); }
      catch (error) { return "refused"; } }"""
    with another_site(robin.origin) as elsewhere:
        robin.page.goto(elsewhere)
        for path, more in (
            ("/console/status", {}),
            ("/v1/me", {"headers": {"X-Facekeep-Console": "1"}}),
            ("/console/sign-out", {"method": "POST"}),
        ):
            assert robin.page.evaluate(ask, [robin.origin + path, more]) == "refused"
    robin.go("/console/status")
    expect(robin.page.get_by_role("heading", name="Status", level=1)).to_be_visible()


def test_the_console_is_in_nobodys_frame(member: Callable[..., Reader]) -> None:
    robin = member()
    with another_site(robin.origin) as elsewhere:
        robin.page.goto(elsewhere)
        robin.page.wait_for_load_state("networkidle")
        framed = robin.page.frames[1]
        assert framed.locator("header.top").count() == 0
        assert "Test organization" not in framed.content()


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {},
    ],
)
def test_a_cookie_alone_changes_nothing(member: Callable[..., Reader], said: dict[str, str]) -> None:
    robin = member()
    with httpx.Client(base_url=robin.origin, cookies=cookie_of(robin), trust_env=False) as client:
        assert client.post("/console/sign-out", headers=said).status_code == 403
        for mark in ({"X-Facekeep-Console": "1"}, {}):
            answer = client.post("/v1/me/proof/begin", headers={**said, **mark})
            assert answer.status_code in (401, 403)
        assert client.get("/console/status").status_code == 200  # nobody was signed out


def test_nobody_is_signed_in_as_somebody_else_by_another_site(console_keep: KeepProcess) -> None:
    fields = {"handle": "mallory", "password": "known to mallory", "code": "123456"}
    with httpx.Client(base_url=console_keep.base_url, trust_env=False) as client:
        answer = client.post("/console/sign-in/password", data=fields, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert not answer.cookies


def test_a_session_that_was_planted_beforehand_is_not_the_one_that_is_used(
    member: Callable[..., Reader],
) -> None:
    robin = member()
    (name,) = cookie_of(robin)
    robin.sign_out()
    robin.context.add_cookies([{"name": name, "value": "fs_planted", "url": robin.origin}])
    robin.sign_in()
    assert cookie_of(robin)[name] != "fs_planted"


def test_a_session_of_before_ends_when_somebody_signs_in_at_the_same_browser(member: Callable[..., Reader]) -> None:
    robin = member()
    before = cookie_of(robin)
    robin.sign_in()
    assert cookie_of(robin) != before
    with httpx.Client(base_url=robin.origin, cookies=before, trust_env=False) as client:
        assert client.get("/console/status").status_code == 401


def test_after_signing_out_going_back_shows_nothing(member: Callable[..., Reader]) -> None:
    robin = member()
    robin.go("/console/status")
    before = cookie_of(robin)
    robin.sign_out()
    robin.page.go_back()
    robin.page.wait_for_url("**/console/sign-in**")
    assert "Test organization" not in robin.page.content()
    with httpx.Client(base_url=robin.origin, cookies=before, trust_env=False) as client:
        assert client.get("/console/status").status_code == 401


def test_a_name_that_is_a_script_is_text(member: Callable[..., Reader]) -> None:
    robin = member(name="<script>document.title='taken'</script>")
    robin.go("/console/status")
    assert robin.page.title() == "Status · facekeep"
    robin.check()


@pytest.mark.parametrize(
    "untrusted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/console/../v1"]
)
def test_nobody_is_led_elsewhere_after_signing_in(console_keep: KeepProcess, untrusted: str) -> None:
    with httpx.Client(base_url=console_keep.base_url, trust_env=False) as client:
        page = client.get("/console/sign-in", params={"next": untrusted})
    assert page.status_code == 200
    assert 'data-next="/console"' in page.text
    assert "evil" not in page.text


def test_no_page_may_be_kept_or_does_more_than_it_needs(member: Callable[..., Reader]) -> None:
    robin = member()
    with httpx.Client(base_url=robin.origin, cookies=cookie_of(robin), trust_env=False) as client:
        for path in ("/console/status", "/console/sign-in", "/console/join", "/console/nothing"):
            answer = client.get(path, headers={"Accept": "text/html"})
            assert answer.headers["cache-control"] == "no-store"
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; ")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-frame-options"] == "DENY"




def test_an_api_key_in_the_cookie_is_nobody(console_keep: KeepProcess) -> None:
    cookies = {f"facekeep-{console_keep.port}": console_keep.api_key}
    with httpx.Client(base_url=console_keep.base_url, cookies=cookies, trust_env=False) as client:
        own = {"X-Facekeep-Console": "1", "Sec-Fetch-Site": "same-origin"}
        assert client.get("/console/status").status_code == 401
        assert client.get("/v1/me", headers=own).status_code == 401
