"""Redirections by the page and many at once: ids, evrythngId, filter, project."""
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from server import KEY
from test_resources import made, pages

OTHER = "U" + "b" * 23


def short_ids(edge, query=""):
    path = "/redirections" + query
    return [d["shortId"] for page in pages(edge, path) for d in page]


@pytest.fixture
def ten(edge):
    """Oldest first; every third is of OTHER, a product."""
    return [edge.create(f"https://{i}.example/", **({"evrythngId": OTHER, "type": "product"} if i % 3 == 0 else {})) for i in range(10)]


def test_lists_take_filters_in_either_order_and_by_the_page(edge, ten):
    others = ten[::3]
    created = edge.api("GET", f"/redirections/{ten[4]}").json()["createdAt"]
    for text, expected in (("type=product", others), (f"evrythngId={OTHER}", others), (f"evrythngId={OTHER}&type=thng", []),
                           (f"createdAt>{created}", ten[5:]), (f"createdAt<{created}", ten[:4]), (f"createdAt>={created}&type=thng",
                            [s for s in ten[4:] if s not in others]), (f"shortId={ten[2]},{ten[7]}", [ten[2], ten[7]]),
                           (f"shortId!={ten[0]}", ten[1:]), (f"type=product|shortId={ten[1]}", sorted([*others, ten[1]], key=ten.index))):
        for size in (1, 3, 100):
            query = f"?perPage={size}&filter={quote(text)}"
            assert short_ids(edge, query) == expected[::-1], query
            assert short_ids(edge, query + "&sortOrder=ASCENDING") == expected, query
    whole = edge.api("GET", "/redirections?filter=type%3Dproduct")
    assert whole.headers["x-result-count"] == str(len(others)) and whole.headers["Link"] is None
    for query, name in (("filter=colour%3Dred", "filter"), ("filter=type%3Ethng", "filter"), ("ids=", "ids"), ("project=x", "project"),
                        ("evrythngId=x", "evrythngId"), ("nextPageToken=x", "nextPageToken")):
        error = edge.api("GET", "/redirections?" + query)
        assert error.status == 400 and error.json()["details"][0]["field"] == name, query


def test_lists_take_ids_and_tell_hits(edge, ten):
    assert edge.public("GET", "/" + ten[3]).status == 307
    edge.drained()
    found = edge.api("GET", f"/redirections?ids={ten[3]},ABSENT0000,{ten[1]}")
    assert [(d["shortId"], d["hits"]) for d in found.json()] == [(ten[3], 1), (ten[1], 0)] and found.headers["x-result-count"] == "2"
    assert short_ids(edge, f"?ids={ten[3]},{ten[1]}&evrythngId={OTHER}") == [ten[3]]


def test_lists_of_a_project(edge):
    project = made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    inside = made(edge.api("POST", f"/thngs?project={project}", {"name": "t"}))["id"]
    wanted = edge.create(evrythngId=inside)
    edge.create(evrythngId=made(edge.api("POST", "/thngs", {"name": "t"}))["id"])
    assert short_ids(edge, f"?project={project}") == [wanted]
    assert edge.api("DELETE", f"/redirections?project={project}&filter=type%3Dthng").headers["x-result-count"] == "1"
    assert len(short_ids(edge)) == 1


def test_many_are_changed_at_once(edge, ten):
    answer = edge.api("PUT", "/redirections?filter=type%3Dproduct", {"defaultRedirectUrl": "https://new.example/{shortId}"})
    assert (answer.status, answer.headers["x-result-count"], answer.body) == (204, "4", b"")
    for i, short_id in enumerate(ten):
        target = f"https://new.example/{short_id}" if i % 3 == 0 else f"https://{i}.example/"
        assert edge.public("GET", "/" + short_id).headers["Location"] == target
    for query, body in (("", {}), ("?filter=", {}), ("?filter=colour%3Dred", {}), ("?ids=" + ten[0], {"colour": "red"}),
                        ("?ids=" + ten[0], {"defaultRedirectUrl": "ftp://a"})):
        assert edge.api("PUT", "/redirections" + query, body).status == 400, query
    assert edge.api("PUT", f"/redirections?ids={ten[1]},ABSENT0000", {"defaultRedirectUrl": "https://x.example/"}).headers["x-result-count"] == "1"


def test_many_are_removed_at_once(edge, ten):
    for query in ("", "?filter=", "?filter=colour%3Dred", "?ids="):
        assert edge.api("DELETE", "/redirections" + query).status == 400, query
    answer = edge.api("DELETE", f"/redirections?evrythngId={OTHER}")
    assert (answer.status, answer.headers["x-result-count"], answer.body) == (204, "4", b"")
    assert short_ids(edge) == [s for i, s in enumerate(ten) if i % 3][::-1]
    assert edge.public("GET", "/" + ten[0]).status == 404 and edge.public("GET", "/" + ten[1]).status == 307
    assert edge.public("DELETE", f"/redirections?ids={ten[1]}", Authorization=KEY).status == 405
    assert edge.api("DELETE", f"/redirections?ids={ten[1]},{ten[0]}").headers["x-result-count"] == "1"


def test_too_many_are_left_as_they_are(edge):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: edge.create("https://old.example/"), range(501)))
    for method, body in (("PUT", {"defaultRedirectUrl": "https://new.example/"}), ("DELETE", None)):
        refused = edge.api(method, "/redirections?filter=type%3Dthng", body)
        assert refused.status == 400 and "500" in refused.json()["errors"][0]
    assert {d["defaultRedirectUrl"] for page in pages(edge, "/redirections?perPage=100") for d in page} == {"https://old.example/"}


def test_a_key_of_a_project_changes_what_it_sees(edge):
    project = made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    path = f"/projects/{project}/applications"
    application = made(edge.api("POST", path, {"name": "a"}))["id"]
    trusted = made(edge.api("GET", f"{path}/{application}/secretKey"), 200)["secretApiKey"]
    inside = edge.create(evrythngId=made(edge.api("POST", f"/thngs?project={project}", {"name": "t"}))["id"])
    outside = edge.create()
    assert [d["shortId"] for d in edge.api("GET", "/redirections", key=trusted).json()] == [inside]
    answer = edge.api("DELETE", f"/redirections?ids={outside},{inside}", key=trusted)
    assert (answer.status, answer.headers["x-result-count"]) == (204, "1")
    assert short_ids(edge) == [outside]
