"""Errors as HTTP: whole table, one shape, no inner words."""

import json

import pytest

from facekeep.errors import Code, Tampered, group_of
from facekeep.service.refusals import FaceProblem, FaceSeen
from facekeep.terms import Box
from facekeep.web.problems import KINDS, answer_to


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_an_answer_with_the_members_of_rfc_9457(code):
    answer = answer_to(group_of(code)(code, "a detail", entry=7), "rid")
    body = json.loads(answer.body)
    assert body["status"] == answer.status == KINDS[code].status
    assert body["type"] == f"urn:facekeep:error:{code.value}"
    assert body["title"]
    assert body["detail"]
    assert (body["code"], body["request_id"]) == (code.value, "rid")
    assert body.get("entry") == (None if answer.status in (401, 404) else 7)


@pytest.mark.parametrize("code", [code for code in Code if KINDS[code].status in (401, 404, 500)])
def test_the_words_of_refusals_and_inner_errors_are_constant(code):
    answer = answer_to(group_of(code)(code, "row 7 of table persons: Ada Lovelace"), "rid")
    assert b"Ada" not in answer.body


def test_only_passing_troubles_ask_to_be_tried_again():
    for code in Code:
        asks = b"retry-after" in dict(answer_to(Tampered(code, ""), "rid").headers)
        assert asks == (KINDS[code].status == 503 and code is not Code.QUARANTINED), code


def test_faces_in_question_are_listed():
    seen = FaceSeen(Box(1.0, 2.0, 3.0, 4.0), 50, ("blurred",))
    body = json.loads(answer_to(FaceProblem(Code.SEVERAL_FACES, "two", (seen,)), "rid").body)
    assert body["faces"] == [
        {"box": {"left": 1.0, "top": 2.0, "width": 3.0, "height": 4.0}, "quality": 50, "quality_reasons": ["blurred"]}
    ]
