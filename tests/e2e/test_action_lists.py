"""Lists of actions: types, resources, filters, pages; and what each key sees of them."""
import concurrent.futures
import re
import time
from urllib.parse import quote, unquote

import pytest

from server import wait_until


def made(answer, status=201):
    assert answer.status == status, answer.body
    return answer.json()


def listed(edge, path, **fields):
    return made(edge.api("GET", path, **fields), 200)


def numbers(actions):
    return [action["customFields"]["n"] for action in actions]


def filtered(edge, text, path="/actions/all"):
    return numbers(listed(edge, f"{path}?perPage=100&filter={quote(text, safe='')}"))


def next_path(edge, answer):
    link = re.fullmatch('<(.*)>; rel="next"', answer.headers["Link"] or "")
    return unquote(link[1]).split(f":{edge.api_port}", 1)[1] if link else None


def pages(edge, path, **fields):
    while path:
        answer = edge.api("GET", path, **fields)
        yield made(answer, 200)
        path = next_path(edge, answer)


@pytest.fixture
def many(edge):
    """Forty actions of four types on two thngs and a product, and ten scans of one of the thngs."""
    product = made(edge.api("POST", "/products", {"name": "p"}))["id"]
    thngs = [made(edge.api("POST", "/thngs", {"name": "t", "product": product}))["id"],
             made(edge.api("POST", "/thngs", {"name": "t"}))["id"]]
    made(edge.api("POST", "/actions", {"name": "_Seen"}))
    for n in range(40):
        target = {"product": product} if n % 5 == 4 else {"thng": thngs[n % 2]}
        body = {"type": ("scans", "checkins", "shares", "_Seen")[n % 4], "customFields": {"n": n}, "tags": [f"t{n % 3}"],
                "identifiers": {"lot": str(n // 10)}, "timestamp": 1_600_000_000_000 + n, **target}
        made(edge.api("POST", "/actions/all", body))
    short_id = edge.create(evrythngId=thngs[0])
    for _ in range(10):
        assert edge.public("GET", f"/{short_id}").status == 307
    wait_until(lambda: len(listed(edge, "/actions/implicitScans")) == 10, what="scans")
    return {"thngs": thngs, "product": product}


def test_lists_by_type_resource_and_filter(edge, many):
    first, second = many["thngs"]
    everything = list(range(39, -1, -1))
    assert numbers(listed(edge, "/actions/checkins?perPage=100")) == [n for n in everything if n % 4 == 1]
    assert numbers(listed(edge, "/actions/_Seen")) == [n for n in everything if n % 4 == 3]
    assert len(listed(edge, "/actions/all?perPage=100")) == 50
    assert len(listed(edge, f"/thngs/{first}/actions/implicitScans")) == 10
    assert listed(edge, f"/thngs/{second}/actions/implicitScans") == []
    on_second = [n for n in everything if n % 2 == 1 and n % 5 != 4]
    assert numbers(listed(edge, f"/thngs/{second}/actions/all")) == on_second
    assert numbers(listed(edge, f"/thngs/{second}/actions/checkins")) == [n for n in on_second if n % 4 == 1]
    of_product = [n for n in everything if n % 5 == 4 or n % 2 == 0]
    assert numbers(listed(edge, f"/products/{many['product']}/actions/scans")) == [n for n in of_product if n % 4 == 0]
    assert edge.api("GET", f"/collections/{first}/actions/all").status == 404

    assert filtered(edge, f"thng={second}") == on_second
    assert filtered(edge, "tags=t1") == [n for n in everything if n % 3 == 1]
    assert filtered(edge, "identifiers.lot=2") == [n for n in everything if n // 10 == 2]
    assert filtered(edge, "type=shares&tags=t0,t2") == [n for n in everything if n % 4 == 2 and n % 3 != 1]
    assert filtered(edge, "type=shares|tags=t0&type!=implicitScans") == [
        n for n in everything if n % 4 == 2 or n % 3 == 0]
    assert filtered(edge, "timestamp>1600000000030&timestamp<=1600000000035") == [35, 34, 33, 32, 31]
    assert filtered(edge, f"thng={second}&identifiers.lot=1", "/actions/checkins") == [17, 13]
    assert filtered(edge, "tags~T1&identifiers.lot=3") == [37, 34, 31]
    assert filtered(edge, f"createdAt<{int(time.time() * 1000) - 3_600_000}") == []
    assert len(listed(edge, f"/actions/all?perPage=100&filter=timestamp>{int(time.time() * 1000) - 3_600_000}")) == 10
    assert filtered(edge, "context.city=Bern") == []
    for wrong in ("colour=red", "context.userAgent=x", "timestamp>soon", "thng>1", "tags=("):
        answer = edge.api("GET", f"/actions/all?filter={quote(wrong, safe='')}")
        assert answer.status == 400 and answer.json()["errors"][0].startswith("filter: "), wrong


@pytest.mark.parametrize("path", ["/actions/all?", "/actions/scans?", "/actions/all?filter=type%3Dscans%2Cshares&",
                                  "/actions/all?filter=tags%3Dt1&"])
def test_pages_fit_together(edge, many, path):
    newest = listed(edge, f"{path}perPage=100")
    for order, whole in (("DESCENDING", newest), ("ASCENDING", newest[::-1])):
        path_of = f"{path}sortOrder={order}&perPage="
        assert listed(edge, f"{path_of}100") == whole
        for size in (1, 7):
            assert [a for page in pages(edge, f"{path_of}{size}") for a in page] == whole
    assert [a["createdAt"] for a in newest] == sorted((a["createdAt"] for a in newest), reverse=True)
    bounds = f"&filter=createdAt%3E{newest[-3]['createdAt']}" if "filter" not in path else ""
    if bounds:
        assert listed(edge, f"{path}sortOrder=ASCENDING&perPage=100{bounds}") == [
            a for a in newest[::-1] if a["createdAt"] > newest[-3]["createdAt"]]


def test_lists_of_ids_and_their_count(edge, many):
    first = many["thngs"][0]
    whole = listed(edge, "/actions/all?perPage=100")
    wanted = [whole[3], whole[40], whole[0]]
    ids = ",".join(action["id"] for action in wanted)
    answer = edge.api("GET", f"/actions/all?ids={ids},U{'a' * 23},nonsense")
    assert made(answer, 200) == wanted and answer.headers["x-result-count"] == "3"
    assert listed(edge, f"/actions/scans?ids={ids}") == [a for a in wanted if a["type"] == "scans"]
    assert listed(edge, f"/thngs/{first}/actions/all?ids={ids}") == [a for a in wanted if a.get("thng") == first]
    assert listed(edge, f"/actions/all?ids={ids}&filter=type%3DimplicitScans") == [
        a for a in wanted if a["type"] == "implicitScans"]
    assert "context" in listed(edge, f"/actions/all?ids={ids}&context=true")[0]
    for wrong in ("", ",".join(["U" + "a" * 23] * 101)):
        assert edge.api("GET", f"/actions/all?ids={wrong}").status == 400
    # How many there are is said where all of them were looked at.
    assert edge.api("GET", "/actions/all?perPage=100").headers["x-result-count"] == "50"
    assert "x-result-count" not in edge.api("GET", "/actions/all?perPage=20").headers
    assert edge.api("DELETE", f"/actions/{wanted[0]['type']}/{wanted[0]['id']}").status == 200
    assert listed(edge, f"/actions/all?ids={ids}") == wanted[1:]


def test_agents_are_named_in_every_document(edge):
    """Strings that no cache knows, more than one page of them, asked for by many at once."""
    short_id = edge.create()
    for n in range(120):
        edge.public("GET", f"/{short_id}", User_Agent=f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0")
    edge.drained()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(lambda: [a for page in pages(edge, "/actions/all?context=true&perPage=50") for a in page])
                 for _ in range(8)]
        for answer in asked:
            assert len(answer.result()) == 120
            for action in answer.result():
                context = action["context"]
                assert context["userAgentName"] == "Firefox" and context["operatingSystemName"] == "Linux"
                assert f"Firefox/{context['userAgentVersion']}" in context["userAgent"]


def test_each_key_sees_what_is_in_its_scope(edge):
    project, other = (made(edge.api("POST", "/projects", {"name": "p"}))["id"] for _ in range(2))
    path = f"/projects/{project}/applications"
    app = made(edge.api("POST", path, {"name": "a", "socialNetworks": {}}))
    trusted = made(edge.api("GET", f"{path}/{app['id']}/secretKey"), 200)["secretApiKey"]
    users = [made(edge.api("POST", "/auth/evrythng/users?anonymous=true", {}, key=app["appApiKey"]))["evrythngApiKey"]
             for _ in range(2)]
    item = made(edge.api("POST", f"/thngs?project={project}", {"name": "t"}))["id"]
    device = made(edge.api("POST", "/auth/evrythng/thngs", {"thngId": item}))["thngApiKey"]

    def post(n, key=None, query=""):
        body = {"thng": item, "customFields": {"n": n}}
        return made(edge.api("POST", f"/actions/scans{query}", body, **({"key": key} if key else {})))["id"]
    ids = [post(0), post(1, query=f"?project={project}"), post(2, query=f"?project={other}"), post(3, trusted),
           post(4, users[0]), post(5, users[1]), post(6, device)]
    seen = {None: {0, 1, 2, 3, 4, 5, 6}, trusted: {1, 3, 4, 5, 6}, users[0]: {1, 3, 4, 6}, users[1]: {1, 3, 5, 6},
            device: {0, 1, 2, 3, 4, 5, 6}}
    for key, expected in seen.items():
        fields = {"key": key} if key else {}
        for where in ("/actions/scans", "/actions/all", f"/thngs/{item}/actions/scans"):
            assert set(numbers(listed(edge, where, **fields))) == expected, (where, expected)
        for n, identifier in enumerate(ids):
            answer = edge.api("GET", f"/actions/scans/{identifier}", **fields)
            assert answer.status == (200 if n in expected else 404)
    assert set(numbers(listed(edge, f"/actions/scans?project={project}"))) == {1, 3, 4, 5, 6}
    hidden = made(edge.api("POST", "/thngs", {"name": "t"}))["id"]
    post_hidden = made(edge.api("POST", "/actions/scans", {"thng": hidden}))["id"]
    assert edge.api("GET", f"/actions/scans/{post_hidden}", key=device).status == 404
    assert edge.api("GET", f"/thngs/{hidden}/actions/scans", key=device).status == 404
    assert edge.api("GET", f"/thngs/{item}/actions/scans/{post_hidden}").status == 404


def test_a_removed_action_is_gone_and_others_stay(edge):
    first, second = (made(edge.api("POST", "/thngs", {"name": "t"}))["id"] for _ in range(2))
    body = [{"type": "scans", "thng": first if n < 20 else second, "customFields": {"n": n}} for n in range(30)]
    ids = [action["id"] for action in made(edge.api("POST", "/actions/all", body))]
    left = list(range(29, -1, -1))
    for n in (7, 0, 15, 29, 16, *range(17, 29)):  # of the second entry all go
        if n == 29:
            assert edge.api("DELETE", f"/actions/checkins/{ids[n]}").status == 404
        assert edge.api("DELETE", f"/actions/{'all' if n % 2 else 'scans'}/{ids[n]}").status == 200
        left.remove(n)
        assert edge.api("DELETE", f"/actions/scans/{ids[n]}").status == 404
        assert edge.api("GET", f"/actions/scans/{ids[n]}").status == 404
        for path in ("/actions/all", "/actions/scans"):
            assert numbers(listed(edge, f"{path}?perPage=100")) == left
            assert [m for page in pages(edge, f"{path}?perPage=5") for m in numbers(page)] == left
        assert numbers(listed(edge, f"/thngs/{first}/actions/scans?perPage=100")) == [m for m in left if m < 20]
        assert numbers(listed(edge, f"/thngs/{second}/actions/scans?perPage=100")) == [m for m in left if m >= 20]
    assert [made(edge.api("GET", f"/actions/scans/{ids[n]}"), 200)["customFields"]["n"] for n in left] == left
    for wrong in ("nonsense", "U" + "a" * 23):
        assert edge.api("DELETE", f"/actions/scans/{wrong}").status == 404


def test_what_is_left_of_many_entries_keeps_its_place(edge):
    target = made(edge.api("POST", "/thngs", {"name": "t"}))["id"]
    pairs = [[action["id"] for action in made(edge.api("POST", "/actions/all", [
        {"type": "scans", "thng": target, "customFields": {"n": 2 * n + i}} for i in range(2)]))] for n in range(150)]
    for first, _ in pairs[:75]:
        assert edge.api("DELETE", f"/actions/scans/{first}").status == 200
    expected = [n for n in range(299, -1, -1) if n >= 150 or n % 2]
    for path in ("/actions/all?perPage=100", f"/thngs/{target}/actions/scans?perPage=40"):
        assert [n for page in pages(edge, path) for n in numbers(page)] == expected


def test_nothing_of_a_removed_action_stays_in_redis(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    target = made(edge.api("POST", "/thngs", {"name": "t"}))["id"]
    action = made(edge.api("POST", "/actions/scans", {"thng": target, "tags": ["red"], "identifiers": {"a": "b"}}))
    assert redis.command("KEYS", "f:*") .startswith(b"*4")
    assert edge.api("DELETE", f"/actions/scans/{action['id']}").status == 200
    for pattern in ("f:*", "e:*"):
        assert redis.command("KEYS", pattern) == b"*0\r\n"


def test_hits_stay_when_a_scan_is_removed(edge):
    short_id = edge.create()
    for _ in range(3):
        assert edge.public("GET", f"/{short_id}").status == 307
    scans = wait_until(lambda: (found := listed(edge, "/actions/implicitScans"))[2:] and found, what="scans")
    assert edge.api("DELETE", f"/actions/implicitScans/{scans[1]['id']}").status == 200
    assert listed(edge, "/actions/implicitScans") == [scans[0], scans[2]]
    assert edge.hits(short_id) == 3


def test_scans_that_come_after_their_redirection_went_count_for_nobody(start):
    redis = start.redis()
    edge = start(redis=redis.url)
    short_id = edge.create(shortId="CUSTOM2026")
    scans = edge.remember(short_id)
    wait_until(lambda: edge.hits(short_id) == scans, what="hits")
    assert edge.api("DELETE", f"/redirections/{short_id}").status == 200
    bucket = next(key for key in redis.command("KEYS", "h:*").decode().split() if key.startswith("h:"))
    assert redis.command("HVALS", bucket) == b"*1\r\n$1\r\n-\r\n"
    edge.create(shortId=short_id)
    assert edge.hits(short_id) == 0
    scans = edge.remember(short_id)
    wait_until(lambda: edge.hits(short_id) == scans, what="hits of the new one")
