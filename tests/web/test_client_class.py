import pytest
from hypothesis import given
from hypothesis import strategies as st

from facekeep.web.client_class import client_class


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "firefox linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "edge windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604", "safari ios"),
        ("curl/8.5.0", "curl other"),
        ("", ""),
    ],
)
def test_a_client_is_told_by_program_and_system_alone(said: str, found: str) -> None:
    assert client_class(said) == found


@given(st.text(max_size=2_000))
def test_whatever_is_said_the_class_is_short_and_one_of_few(said: str) -> None:
    assert len(client_class(said)) <= 40
    assert client_class(said).isascii()
