"""Many resources at once: removal by filter, large collections, places page by page."""
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from test_resources import made, pages


def test_many_are_removed_at_once(edge):
    for i in range(6):
        made(edge.api("POST", "/thngs", {"name": f"n{i}", "tags": ["old" if i < 4 else "new"]}))
    answer = edge.api("DELETE", "/thngs?filter=tags%3Dold")
    assert (answer.status, answer.headers["x-result-count"], answer.body) == (204, "4", b"")
    left = edge.api("GET", "/thngs").json()
    assert {d["name"] for d in left} == {"n4", "n5"}
    gone = edge.api("DELETE", f"/thngs?ids={left[0]['id']},U00000000000000000000000")
    assert (gone.status, gone.headers["x-result-count"]) == (204, "1")
    assert [d["name"] for d in edge.api("GET", "/thngs").json()] == [left[1]["name"]]


@pytest.mark.parametrize("path", ["/thngs", "/products", "/collections", "/places"])
def test_nothing_is_removed_by_a_removal_of_no_choice(edge, path):
    kept = made(edge.api("POST", path, {"name": "kept"}))
    for query in ("", "?filter=", "?filter=colour%3Dred", "?ids="):
        assert edge.api("DELETE", path + query).status == 400, query
    assert [d["id"] for d in edge.api("GET", path).json()] == [kept["id"]]
    assert edge.api("DELETE", path + "?filter=name%3Dkept").status == 204
    assert edge.api("GET", path).json() == []


def test_removing_products_strips_them_from_their_thngs(edge):
    product = made(edge.api("POST", "/products", {"name": "p", "tags": ["old"]}))
    thng = made(edge.api("POST", "/thngs", {"name": "t", "product": product["id"]}))
    assert edge.api("DELETE", "/products?filter=tags%3Dold").status == 204
    assert "product" not in edge.api("GET", f"/thngs/{thng['id']}").json()


def test_too_many_are_not_removed(edge):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: made(edge.api("POST", "/thngs", {"name": "n"})), range(501)))
    refused = edge.api("DELETE", "/thngs?filter=name%3Dn")
    assert refused.status == 400 and "500" in refused.json()["errors"][0]
    assert edge.api("GET", "/thngs?perPage=1").headers["x-result-count"] == "501"


def test_a_collection_takes_ten_thousand_thngs_at_once(edge):
    collection = made(edge.api("POST", "/collections", {"name": "all"}))
    path = f"/collections/{collection['id']}/thngs"

    def create(i):
        return made(edge.api("POST", "/thngs", {"name": f"n{i}"}))["id"]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(create, range(10_000)))
    absent = edge.api("PUT", path, [*ids[:-1], "U00000000000000000000000"])
    assert absent.status == 400 and "U00000000000000000000000" in absent.json()["errors"][0]
    assert edge.api("GET", path).json() == []
    assert edge.api("PUT", path, ids + ["U00000000000000000000000"]).status == 400  # 10,001
    assert edge.api("PUT", path, ids + ids[:100]).status == 200
    assert edge.api("GET", path + "?perPage=1").headers["x-result-count"] == "10000"
    assert edge.api("DELETE", path).status == 200
    assert edge.api("GET", path).json() == []


def test_places_around_a_point_page_by_page(edge):
    places = [made(edge.api("POST", "/places", {"name": f"n{i}", "tags": ["even" if i % 2 == 0 else "odd"],
                                                "latitude": 50 + i / 1000, "longitude": 8}))["id"] for i in range(23)]
    near = "/places?lat=50&lon=8&maxDist=100"
    for query, expected in (("&perPage=5", places), ("&perPage=23", places), ("&perPage=100", places),
                            ("&perPage=2&filter=tags%3Deven", places[::2]), ("&perPage=1&filter=tags%3Dodd", places[1::2])):
        assert [d["id"] for page in pages(edge, near + query) for d in page] == expected, query
    assert edge.api("GET", near + "&perPage=23").headers["Link"] is None
    for token in ("x", "-1", "10000", "5x", "000000000005abc"):
        error = edge.api("GET", f"{near}&nextPageToken={token}")
        assert error.status == 400 and error.json()["details"][0]["field"] == "nextPageToken", token


def test_histories_are_filtered_by_time(edge):
    thng = "/thngs/" + made(edge.api("POST", "/thngs", {"name": "t"}))["id"]
    times = [1000 * i for i in range(1, 151)]
    for path, point in (("/properties/size", {"value": 1}), ("/location", {"latitude": 1, "longitude": 2})):
        assert edge.api("PUT", thng + path, [{**point, "timestamp": t} for t in times]).status == 200
        for text, expected in (("timestamp>140000", times[140:]), ("timestamp>=3000&timestamp<5000", [3000, 4000]), ("timestamp=7000", [7000]),
                               ("timestamp<2000|timestamp>149000", [1000, 150000]), ("timestamp!=1000", times[1:]),
                               ("timestamp>99999999999999999", []), ("timestamp<99999999999999999", times)):
            query = f"{thng}{path}?perPage=7&filter={quote(text)}"
            assert [d["timestamp"] for page in pages(edge, query) for d in page] == expected[::-1], text
            assert [d["timestamp"] for page in pages(edge, query + "&sortOrder=ASCENDING") for d in page] == expected, text
        both = edge.api("GET", f"{thng}{path}?from=5000&to=8000&filter=timestamp%3E6000").json()
        assert [d["timestamp"] for d in both] == [8000, 7000]
        for text in ("value=1", "timestamp=x", "timestamp", "timestamp~1"):
            error = edge.api("GET", f"{thng}{path}?filter={quote(text)}")
            assert error.status == 400 and error.json()["details"][0]["field"] == "filter", text


def test_projects_and_users_are_removed_at_once(edge):
    apps = []
    for tag in ("old", "new"):
        project = made(edge.api("POST", "/projects", {"name": "p", "tags": [tag]}))["id"]
        apps.append(made(edge.api("POST", f"/projects/{project}/applications", {"name": tag})))
    keys = [app["appApiKey"] for app in apps]
    users = [[made(edge.api("POST", "/auth/evrythng/users?anonymous=true", {}, key=key)) for _ in range(3)] for key in keys]
    named = made(edge.api("POST", "/auth/evrythng/users", {"email": "a@b.example", "password": "password1"}, key=keys[1]))
    listed = edge.api("GET", f"/users?app={apps[0]['id']}").json()
    assert {d["id"] for d in listed} == {user["evrythngUser"] for user in users[0]}
    assert edge.api("GET", "/users?app=x").json()["details"][0]["field"] == "app"
    for query in ("", "?filter=", f"?app={apps[1]['id']}"):
        assert edge.api("DELETE", "/users" + query).status == 400, query
    assert edge.api("DELETE", f"/users?filter=email%3Danon*&app={apps[1]['id']}").headers["x-result-count"] == "3"
    assert edge.api("GET", "/access", key=users[1][0]["evrythngApiKey"]).status == 401
    assert [d["id"] for d in edge.api("GET", f"/users?app={apps[1]['id']}").json()] == [named["evrythngUser"]]
    gone = edge.api("DELETE", "/projects?filter=tags%3Dold")
    assert (gone.status, gone.headers["x-result-count"]) == (204, "1")
    for key in (keys[0], users[0][0]["evrythngApiKey"]):
        assert edge.api("GET", "/access", key=key).status == 401
    assert edge.api("GET", "/access", key=keys[1]).status == 200
    assert [d["id"] for d in edge.api("GET", "/users").json()] == [named["evrythngUser"]]
