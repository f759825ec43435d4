"""The site check finds pages that would tell another host that they are being read."""

import pytest


def test_page_that_loads_only_its_own_files_passes(check, plant):
    page = '<link rel="canonical" href="https://example.org/"><script src="../js/base.js"></script><a href="https://x">x</a>'
    assert check("check_site", plant({"site/index.html": page, "site/css/a.css": "a { src: url(../f.woff2) }"}))[0] == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("site/index.html", '<script async src="https://cdn.example/x.js"></script>'),
        ("site/index.html", '<link rel="stylesheet" href="//cdn.example/x.css">'),
        ("site/index.html", "<img src='http://pixel.example/1.gif'>"),
        ("site/a.css", '@import "https://fonts.example/f.css";'),
        ("site/a.css", "@font-face { src: url(https://fonts.example/f.woff2) }"),
    ],
)
def test_page_that_loads_from_elsewhere_is_found(check, plant, name, text):
    status, output = check("check_site", plant({"site/ok.html": "<p>", name: text}))
    assert (status, f"{name}: loads" in output) == (1, True)


def test_missing_site_is_no_success(check, plant):
    assert check("check_site", plant({"README.md": "x"}))[0] == 1
