"""What a new user does: create, scan, decode, follow, edit, delete, with good input and wrong."""
import json
import re
import subprocess
from urllib.parse import unquote

from server import BINARY, KEY, THING, wait_until


def decode(folder, image, suffix=".png"):
    path = folder / f"code{suffix}"
    path.write_bytes(image)
    output = subprocess.run(["zbarimg", "--quiet", "--raw", str(path)], capture_output=True, check=True)
    return output.stdout.decode().strip()


def test_a_scan_leads_to_the_target_and_is_counted(edge):
    short_id = edge.create("https://example.com/{shortId}?t={thngId}")
    assert re.fullmatch("[ABCDEFGHKMNPQRSTUVWXY0-9]{10}", short_id)
    answer = edge.public("GET", f"/{short_id}")
    assert answer.status == 307
    assert answer.headers["Location"] == f"https://example.com/{short_id}?t={THING}"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Length"] == "0"
    assert answer.body == b""
    for _ in range(9):
        assert edge.public("GET", f"/{short_id}").status == 307
    wait_until(lambda: edge.hits(short_id) == 10, what="10 hits")


def test_head_resolves_without_a_scan(edge):
    short_id = edge.create()
    assert edge.public("HEAD", f"/{short_id}").status == 307
    assert edge.public("GET", f"/{short_id}").status == 307
    wait_until(lambda: edge.hits(short_id) == 1, what="1 hit")
    assert edge.metric("scans_recorded_total") == 1


def test_the_code_says_the_short_url(edge, tmp_path):
    short_id = edge.create()
    expected = f"http://127.0.0.1:{edge.port}/{short_id}"
    for path in (f"/{short_id}.png", f"/redirections/{short_id}.png", f"/{short_id}.qr"):
        answer = edge.public("GET", path)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
        assert decode(tmp_path, answer.body) == expected
    pdf = edge.public("GET", f"/{short_id}.qr", Accept="application/pdf")
    assert pdf.headers["Content-Type"] == "application/pdf" and pdf.body.startswith(b"%PDF")
    eps = edge.public("GET", f"/{short_id}.eps?caption=1&unit=mm&w=30")
    assert eps.headers["Content-Type"] == "application/postscript" and eps.body.startswith(b"%!PS")
    svg = edge.public("GET", f"/{short_id}.svg?w=200&h=300")
    assert svg.headers["Content-Type"] == "image/svg+xml" and b'width="200"' in svg.body


def test_codes_are_validated_and_cacheable(edge):
    short_id = edge.create()
    answer = edge.public("GET", f"/{short_id}.png")
    etag = answer.headers["ETag"]
    assert "max-age" in answer.headers["Cache-Control"]
    again = edge.public("GET", f"/{short_id}.png", If_None_Match=etag)
    assert (again.status, again.body) == (304, b"")
    assert edge.public("GET", f"/{short_id}.png").body == answer.body
    assert edge.public("GET", f"/{short_id}.qr").headers["Vary"] == "Accept"
    for query, parameter in (("w=801", "w"), ("w=x", "w"), ("h=1", "w"), ("size=9", "size"), ("fg=fff", "fg"),
                             ("ecc=X", "ecc"), ("download=2", "download")):
        refused = edge.public("GET", f"/{short_id}.png?{query}")
        assert refused.status == 400
        assert refused.json()["details"][0]["field"] == parameter, refused.body
    assert edge.public("GET", f"/{short_id}.qr", Accept="text/html").status == 406
    assert edge.public("GET", "/NOSUCHID99.png").status == 404
    download = edge.public("GET", f"/{short_id}.png?download=1")
    assert download.headers["Content-Disposition"] == f'attachment; filename="{short_id}.png"'


def test_an_edit_is_seen_by_the_next_request(edge):
    short_id = edge.create("https://one.example/")
    assert edge.public("GET", f"/{short_id}").headers["Location"] == "https://one.example/"
    changed = edge.api("PUT", f"/redirections/{short_id}", {"defaultRedirectUrl": "https://two.example/"})
    assert changed.status == 200
    assert edge.public("GET", f"/{short_id}").headers["Location"] == "https://two.example/"
    assert edge.api("DELETE", f"/redirections/{short_id}").status == 200
    assert edge.public("GET", f"/{short_id}").status == 404
    assert edge.api("GET", f"/redirections/{short_id}").status == 404


def test_the_default_answer_to_creation_is_the_code(edge, tmp_path):
    document = {"defaultRedirectUrl": "https://example.com/", "evrythngId": THING, "type": "product"}
    answer = edge.api("POST", "/redirections", document, Accept="*/*")
    assert (answer.status, answer.headers["Content-Type"]) == (201, "image/png")
    short_url = answer.headers["Location"]
    assert decode(tmp_path, answer.body) == short_url
    assert answer.headers["Content-Disposition"].split(";")[1].strip() == f'filename="{short_url}"'


def test_the_document_is_public_as_json(edge):
    short_id = edge.create("https://example.com/{evrythngId}")
    document = edge.public("GET", f"/{short_id}", Accept="application/json")
    assert document.status == 200
    fields = document.json()
    assert fields["redirectUrl"] == fields["defaultRedirectUrl"] == f"https://example.com/{THING}"
    assert fields["evrythngUrl"] == f"http://127.0.0.1:{edge.api_port}/thngs/{THING}"
    assert (fields["type"], fields["shortId"], fields["hits"]) == ("thng", short_id, 0)
    assert fields["shortDomain"] == f"127.0.0.1:{edge.port}"
    # A document that was read can be put back as it is.
    assert edge.api("PUT", f"/redirections/{short_id}", fields).status == 200


def test_custom_short_ids_are_unique(edge):
    assert edge.create(shortId="My-Shop_1") == "My-Shop_1"
    document = {"defaultRedirectUrl": "https://example.com/", "evrythngId": THING}
    taken = edge.api("POST", "/redirections", {**document, "shortId": "My-Shop_1"})
    assert (taken.status, taken.json()["code"]) == (409, "conflict")
    assert edge.api("POST", "/redirections", {**document, "shortId": "redirections"}).status == 409
    assert edge.api("POST", "/redirections", {**document, "shortId": "a/b"}).status == 400
    assert edge.public("GET", "/my-shop_1").status == 404


def test_wrong_documents_are_refused_by_field_and_change_nothing(edge):
    short_id = edge.create("https://one.example/")
    for body, field in (({"defaultRedirectUrl": "ftp://x/"}, "defaultRedirectUrl"),
                        ({"defaultRedirectUrl": "https://u:p@x/"}, "defaultRedirectUrl"),
                        ({"defaultRedirectUrl": "https://x/\r\nA: b"}, "defaultRedirectUrl"),
                        ({"defaultRedirectUrl": f"http://127.0.0.1:{edge.port}/X"}, "defaultRedirectUrl"),
                        ({"defaultRedirectUrl": "https://x/" + "y" * 2048}, "defaultRedirectUrl"),
                        ({"colour": 1}, "colour")):
        refused = edge.api("PUT", f"/redirections/{short_id}", body)
        assert refused.status == 400, body
        assert refused.json()["details"][0]["field"] == field
        assert refused.json()["guid"] == refused.headers["X-Request-Id"]
        assert "message" not in refused.json()
    assert edge.public("GET", f"/{short_id}").headers["Location"] == "https://one.example/"
    missing = edge.api("POST", "/redirections", {})
    assert missing.json()["missing"] == ["defaultRedirectUrl", "evrythngId"]
    assert edge.api("POST", "/redirections", "{").json()["code"] == "malformed_request"


def test_lists_page_newest_first(edge):
    created = [edge.create(f"https://example.com/{i}") for i in range(5)]
    other = edge.create("https://example.com/other", evrythngId="U" + "b" * 23, type="place")
    found = edge.api("GET", f"/redirections?evrythngId={THING}")
    assert [d["shortId"] for d in found.json()] == created[::-1]
    assert found.headers["x-result-count"] == "5"
    assert edge.api("GET", "/redirections?evrythngId=U" + "c" * 23).json() == []

    pages, path = [], "/redirections?perPage=4"
    while path:
        page = edge.api("GET", path)
        pages.append([d["shortId"] for d in page.json()])
        link = re.fullmatch('<(.*)>; rel="next"', page.headers["Link"] or "")
        path = unquote(link[1]).split(f":{edge.api_port}", 1)[1] if link else None
    assert pages == [[other, *created[:1:-1]], created[1::-1]]
    oldest = edge.api("GET", "/redirections?sortOrder=ASCENDING&perPage=1").json()
    assert oldest[0]["shortId"] == created[0]
    for query in ("perPage=0", "perPage=101", "sortOrder=up", "nextPageToken=x", "evrythngId=x"):
        assert edge.api("GET", f"/redirections?{query}").status == 400


def test_keys_are_asked_for_and_never_shown(edge):
    short_id = edge.create()
    path = f"/redirections/{short_id}"
    missing = edge.api("GET", path, key=None)
    assert (missing.status, missing.json()["code"]) == (401, "missing_credentials")
    assert "WWW-Authenticate" in missing.headers
    unknown = edge.api("GET", path, key="x" * 80)
    assert (unknown.status, unknown.json()["code"]) == (401, "invalid_credentials")
    for key in (f"Bearer {KEY}", f"Token {KEY}"):
        assert edge.api("GET", path, key=key).status == 200
    access = edge.api("GET", "/access").json()
    assert access["actor"]["type"] == "operator" and access["account"].startswith("U")
    log = edge.read_log()
    assert '"event":"request"' in log and KEY not in log and "x" * 80 not in log


def test_paths_and_methods(edge):
    short_id = edge.create()
    assert edge.public("GET", "/healthz").body == b"ok\n"
    assert edge.public("GET", "/robots.txt").body.startswith(b"User-agent: *")
    assert edge.public("GET", "/favicon.ico").status == 204
    assert edge.public("GET", "/").status == 404
    assert edge.public("GET", "/a/b/c").status == 404
    page = edge.public("GET", "/NOSUCHID99", Accept="text/html,*/*")
    assert page.status == 404 and page.headers["Content-Type"].startswith("text/html")
    assert edge.public("GET", "/NOSUCHID99", Accept="application/json").json()["code"] == "not_found"
    posted = edge.public("POST", f"/{short_id}")
    assert (posted.status, posted.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    preflight = edge.public("OPTIONS", "/redirections", Origin="https://a.example")
    assert preflight.status == 204 and "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert edge.public("DELETE", "/redirections").headers["Allow"] == "POST, GET, HEAD, OPTIONS"
    assert edge.api("GET", "/nothing").status == 404
    # The short domain serves redirections too, the rest of the API it does not.
    assert edge.public("GET", f"/redirections/{short_id}", Authorization=KEY).status == 200
    assert edge.public("GET", "/access", Authorization=KEY).status == 404


def test_nobody_hides_the_redirections_of_another_account(edge):
    mine = edge.create("https://mine.example/")
    made = subprocess.run([BINARY, "account", "create", "--name", "Other", *edge.store,
                           "--json"], capture_output=True, check=True)
    key = json.loads(made.stdout)["apiKey"]
    document = {"defaultRedirectUrl": "https://other.example/", "evrythngId": THING}
    assert edge.api("POST", "/redirections", document, key=key).status == 201
    listed = edge.api("GET", f"/redirections?evrythngId={THING}")
    assert [d["shortId"] for d in listed.json()] == [mine] and listed.headers["x-result-count"] == "1"
