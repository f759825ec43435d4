"""What the server writes about itself."""

import json
import logging

from facekeep.web.lines import LineHandler, write_failure, write_line


def test_a_line_is_one_json_object(capsys):
    write_line("request", route="/v1/faces/{face_id}", status=200, ms=3)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["route"], line["status"], line["ms"]) == ("request", "/v1/faces/{face_id}", 200, 3)


def test_a_failure_says_where_but_not_what_was_said(capsys):
    def search_for_ada() -> None:
        raise ValueError("Ada Lovelace")

    try:
        search_for_ada()
    except ValueError as error:
        write_failure("request", error)
    text = capsys.readouterr().err
    assert "Ada Lovelace" not in text
    line = json.loads(text)
    assert line["error"] == "ValueError"
    assert "test_lines.py:search_for_ada:" in line["where"]


def test_the_http_servers_warnings_lose_their_arguments_and_errors(capsys):
    logger = logging.getLogger("test_lines")
    logger.addHandler(LineHandler())
    logger.propagate = False
    try:
        raise ValueError("Ada")
    except ValueError:
        logger.exception("could not serve %s", "Lovelace")
    text = capsys.readouterr().err
    assert "Ada" not in text
    assert "Lovelace" not in text
    assert json.loads(text)["text"] == "could not serve %s"
