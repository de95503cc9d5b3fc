"""What scans leave behind, read back as actions."""
import re
import time
from urllib.parse import unquote

from server import THING, wait_until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def scan(server, short_id, **headers):
    assert server.public("GET", f"/{short_id}", **headers).status == 307


def actions(server, path="/actions/implicitScans"):
    answer = server.api("GET", path)
    assert answer.status == 200, answer.body
    return answer.json()


def test_a_scan_becomes_an_action(edge):
    short_id = edge.create("https://example.com/{shortId}")
    scan(edge, short_id, User_Agent=FIREFOX, Referer="https://r.example/", Accept_Language="fr-CA,en;q=0.3")
    action = wait_until(lambda: actions(edge), what="an action")[0]
    assert action["type"] == "implicitScans" and action["thng"] == THING
    assert abs(action["timestamp"] - time.time() * 1000) < 30000 and action["createdAt"] >= action["timestamp"]
    assert action["reactions"] == [{"type": "redirection", "redirectUrl": f"https://example.com/{short_id}"}]
    assert action["locationSource"] == "unknown" and "context" not in action
    assert re.fullmatch("U[a-zA-Z0-9]{23}", action["id"])

    shown = edge.api("GET", f"/actions/implicitScans/{action['id']}?context=true").json()
    context = shown.pop("context")
    assert shown == action
    assert context["userAgentName"] == "Firefox" and context["operatingSystemName"] == "Linux"
    assert (context["language"], context["referer"], context["shortId"]) == ("fr", "https://r.example/", short_id)
    assert context["ipAddress"] == "127.0.0.0"  # truncated before it was written anywhere
    assert actions(edge, "/actions/all?context=true")[0]["context"] == context


def test_rules_leave_their_reaction(edge):
    short_id = edge.create("https://default.example/")
    edge.api("PUT", "/redirector", {"rules": [{"match": "query.x=1", "redirectUrl": "https://one.example/"}]})
    assert edge.public("GET", f"/{short_id}?x=1").headers["Location"] == "https://one.example/"
    action = wait_until(lambda: actions(edge, "/actions/all?context=true"), what="an action")[0]
    assert action["reactions"][0]["redirectUrl"] == "https://one.example/"
    assert action["context"]["rule"] == 1


def test_actions_page_newest_first(edge):
    ids = [edge.create() for _ in range(4)]
    for number in range(40):
        scan(edge, ids[number % 4], Referer=f"https://r.example/{number}")
    wait_until(lambda: len(actions(edge, "/actions/all?perPage=100")) == 40, what="40 actions")
    seen, path = [], "/actions/all?perPage=7&context=true"
    while path:
        page = edge.api("GET", path)
        seen += page.json()
        link = re.fullmatch('<(.*)>; rel="next"', page.headers["Link"] or "")
        path = unquote(link[1]).split(f":{edge.api_port}", 1)[1] if link else None
    assert len(seen) == len({action["id"] for action in seen}) == 40
    assert [a["createdAt"] for a in seen] == sorted((a["createdAt"] for a in seen), reverse=True)
    assert {action["context"]["referer"] for action in seen} == {f"https://r.example/{n}" for n in range(40)}


def test_what_is_not_there_is_said(edge):
    assert actions(edge, "/actions/scans") == []
    for path, status in (("/actions/all?perPage=0", 400), ("/actions/all?nextPageToken=x", 400),
                         ("/actions/all?filter=colour%3Dred", 400), ("/actions/_Unknown", 404), ("/actions/all/nonsense", 404),
                         ("/actions/all/U" + "a" * 23, 404)):
        assert edge.api("GET", path).status == status, path
    assert edge.api("GET", "/actions/all", key=None).status == 401


def test_no_full_address_is_written_anywhere(start):
    edge = start("--trust-proxy", "127.0.0.1")
    short_id = edge.create()
    scan(edge, short_id, X_Forwarded_For="198.51.100.77")
    action = wait_until(lambda: actions(edge, "/actions/all?context=true"), what="an action")[0]
    assert action["context"]["ipAddress"] == "198.51.100.0"
    assert edge.stop() == 0
    full = bytes([198, 51, 100, 77])
    for path in edge.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"198.51.100.77" not in content and full not in content, path


def test_any_bytes_of_a_client_are_shown_as_text(edge):
    short_id = edge.create()
    scan(edge, short_id, User_Agent=b"\xff\xfe agent", Referer=b"https://r.example/\xc3\xa9")
    action = wait_until(lambda: actions(edge, "/actions/all?context=true"), what="an action")[0]
    assert action["context"]["userAgent"] == "\ufffd\ufffd agent"
    assert action["context"]["referer"] == "https://r.example/\u00e9"
