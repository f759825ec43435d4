"""The document check finds links, headings, files and tests that are not there, and nothing else."""

import pytest

SOUND = {
    "README.md": "# Product\n\n[guide](docs/guide.md), [part](docs/guide.md#a-part-of-it), [top](#product)\n\n"
    "`tests/attacks/test_theft.py::test_disk_tells_nothing` and https://example.org\n\n"
    "```\n[not a link](nowhere.md) and `src/nowhere.py`\n```\n",
    "docs/guide.md": "# Guide\n\n## A `part` of it\n\n[back](../README.md) and `docs/`\n",
    "tests/attacks/test_theft.py": "def test_disk_tells_nothing():\n    pass\n",
}


def test_sound_documents_pass(check, plant):
    assert check("check_links", plant(SOUND)) == (0, "documents: every link, file and test they name is there\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x](nowhere.md)", "link to nowhere.md"),
        ("[x]: nowhere.md", "link to nowhere.md"),
        ("![x](nowhere.png)", "link to nowhere.png"),
        ("[x](/etc/passwd)", "link to /etc/passwd"),
        ("[x](guide.md#another)", "link to #another of guide.md"),
        ("[x](#another)", "link to #another"),
        ("`src/facekeep/nowhere.py`", "names `src/facekeep/nowhere.py`"),
        ("`tests/attacks/test_theft.py::test_other`", "names `tests/attacks/test_theft.py::test_other`, and that file"),
    ],
)
def test_broken_reference_is_found(check, plant, text, said):
    status, output = check("check_links", plant({**SOUND, "docs/planted.md": f"# Planted\n\n{text}\n"}))
    assert status == 1
    assert f"docs/planted.md: {said}" in output
