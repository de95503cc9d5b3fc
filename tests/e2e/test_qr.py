"""One code over HTTP: what its answer says about itself, and how refusals read."""
import json
import re

import pytest


@pytest.fixture
def path(edge):
    return f"/{edge.create()}"


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".eps", ".qr"])
def test_head_says_what_get_says(edge, path, suffix):
    get, head = (edge.public(method, f"{path}{suffix}?ecc=H") for method in ("GET", "HEAD"))
    assert (get.status, head.status, head.body) == (200, 200, b"")
    for field in ("ETag", "Cache-Control", "Content-Type", "Content-Length", "Vary"):
        assert head.headers[field] == get.headers[field]
    assert head.headers["Content-Length"] == str(len(get.body))


def test_a_validator_stands_for_all_that_makes_the_bytes(edge, path):
    queries = ("", "?w=96", "?w=96&h=97", "?ecc=H", "?margin=5", "?fg=003", "?bg=ffe", "?bg=transparent", "?caption=1",
               "?dpi=300", "?w=20&unit=mm")
    tags = {suffix + query: edge.public("HEAD", path + suffix + query).headers["ETag"]
            for suffix in (".png", ".svg", ".pdf", ".eps") for query in queries}
    assert len(set(tags.values())) == len(tags) and None not in tags.values()
    assert edge.public("HEAD", f"{path}.png?download=1").headers["ETag"] == tags[".png"]  # the same bytes
    # What is negotiated names the field in every answer, and is the image of its format.
    for accept, suffix in (("image/png", ".png"), ("image/svg+xml", ".svg"), ("application/pdf;q=0.1", ".pdf"),
                           ("application/postscript", ".eps"), ("*/*", ".png")):
        answer = edge.public("GET", f"{path}.qr", Accept=accept)
        assert answer.headers["ETag"] == tags[suffix] and answer.headers["Vary"] == "Accept"
        unchanged = edge.public("GET", f"{path}.qr", Accept=accept, If_None_Match=f'"other", {tags[suffix]}')
        assert (unchanged.status, unchanged.body) == (304, b"")
        for field in ("ETag", "Vary", "Cache-Control"):
            assert unchanged.headers[field] == answer.headers[field]
    assert edge.public("GET", f"{path}.png").headers["Vary"] is None
    assert edge.public("GET", f"{path}.png").headers["Cache-Control"] == "public, max-age=86400"


def test_refusals_name_the_parameter_and_what_is_allowed(edge, path):
    for query, field, words in (("fg=999", "fg", r"2\.8.*3"), ("fg=fff&bg=000", "fg", "dark|light"),
                                ("bg=777&fg=666", "fg", r"1\.\d"), ("colour=red", "colour", "not a parameter"),
                                ("ecc=L&ecc=H", "ecc", "more than once"), ("w=801", "w", "800"), ("w=20", "w", "from 35 to 800"),
                                ("margin=101", "margin", "0 to 100"), ("unit=mm", "unit", "w or h"),
                                ("dpi=71", "dpi", "72 to 1200"), ("caption=yes", "caption", "0 or 1"),
                                ("download=yes", "download", "0 or 1"), ("logo=1", "logo", "has none")):
        refused = edge.public("GET", f"{path}.png?{query}")
        assert refused.status == 400 and refused.headers["ETag"] is None
        problem = refused.json()["details"][0]
        assert problem["field"] == field and re.search(words, problem["message"]), (query, problem)
    assert edge.public("POST", f"{path}.png").status == 405


def test_what_is_percent_encoded_is_read_and_what_is_hostile_is_told_harmlessly(edge, path):
    assert edge.public("GET", f"{path}.png?%77=%31%30%30&ec%63=%48").body == edge.public("GET", f"{path}.png?w=100&ecc=H").body
    for query, field, words in (("%0d%0aSet-Cookie:a=1", "\r\nSet-Cookie:a", "not a parameter"),
                                ("fg=%0d%0aX:1", "fg", "hex"), ("fg=%22%3E%3Cscript%3E", "fg", "hex"),
                                ("w=95%00", "w", "whole number"), ("w=%F0%9F%98%80", "w", "whole number"),
                                ("%80=1", "\ufffd", "not a parameter"), ("=5", None, "no name"),
                                ("w=20%2c5&unit=mm", "w", "millimetres with up to 2 decimals"),
                                ("w=204&unit=mm", "w", "to 203.2 mm at 300 dpi"),
                                ("w=" + "9" * 1500, "w", "1 to 800"), ("x" * 1500 + "=1", "x" * 40, "not a parameter")):
        for suffix in (".png", ".svg", ".pdf", ".eps", ".qr"):
            refused = edge.public("GET", f"{path}{suffix}?{query}")
            assert refused.status == 400 and "Set-Cookie" not in refused.headers and "X" not in refused.headers
            problem = json.loads(refused.body.decode())["details"][0]
            assert problem.get("field") == field and words in problem["message"], (query, problem)


def test_only_what_exists_is_drawn(edge, path):
    for target in ("/ABSENT0001.png", "/ABSENT0001.qr?w=200", f"{path}.gif", f"{path}.PNG", "/redirections/ABSENT0001.svg"):
        for method in ("GET", "HEAD"):
            absent = edge.public(method, target)
            assert absent.status == 404 and absent.headers["ETag"] is None, target
    assert edge.public("GET", f"/redirections{path}.svg").body == edge.public("GET", f"{path}.svg").body
    assert edge.public("GET", f"{path}.qr", Accept="text/html").status == 406


def test_what_takes_long_is_drawn_beside_the_io_threads_and_only_if_it_is_asked_for(edge, path):
    long_id = f"/{edge.create(shortId='x' * 40)}"
    for target in (path, f"{path}.png", f"{path}.svg"):  # with the tables of this version
        edge.public("GET", target)
    aside = edge.metric("codes_drawn_aside_total")

    def drawn_aside(target, **fields):
        nonlocal aside
        answer = edge.public("GET", target, **fields)
        before, aside = aside, edge.metric("codes_drawn_aside_total")
        return answer, aside - before

    for query in (".png", ".svg?caption=1", ".pdf", ".eps", ".png?w=800"):
        answer, drawn = drawn_aside(path + query)
        assert (answer.status, drawn) == (200, 0), query
    large, drawn = drawn_aside(f"{path}.png?w=203&unit=mm")
    assert (large.status, drawn) == (200, 1)
    wide, drawn = drawn_aside(f"{long_id}.png?w=200&ecc=H")
    assert (wide.status, drawn) == (200, 1)
    unchanged, drawn = drawn_aside(f"{path}.png?w=203&unit=mm", If_None_Match=large.headers["ETag"])
    assert (unchanged.status, unchanged.body, drawn) == (304, b"", 0)
    refused, _ = drawn_aside(f"{long_id}.png?w=40&ecc=H")
    assert refused.status == 400 and refused.headers["ETag"] is None
