"""Many codes as one file, over HTTP and from the command line, as a print workflow uses them."""
import io
import json
import os
import pty
import re
import socket
import subprocess
import zipfile

from server import BINARY, KEY, THING, wait_until


def read_codes(folder, pdf, dpi=200):
    """What the codes of a PDF say, page by page."""
    path = folder / "labels.pdf"
    path.write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", str(dpi), "-gray", "-png", path, folder / "page"], check=True)
    pages = []
    for page in sorted(folder.glob("page-*.png")):
        read = subprocess.run(["zbarimg", "--quiet", "--raw", page], capture_output=True, check=True)
        pages.append(sorted(read.stdout.decode().split()))
        page.unlink()
    return pages


def sheet(edge, body, **options):
    return edge.api("POST", "/qr/sheets", body, **options)


def refusal(answer):
    assert answer.status == 400, answer.body[:200]
    problem = answer.json()
    return problem["details"][0]["field"], problem["errors"][0]


def test_a_sheet_says_the_short_urls_in_their_order(edge, tmp_path):
    ids = [edge.create(f"https://example.com/{i}") for i in range(7)]
    urls = [f"http://127.0.0.1:{edge.port}/{i}" for i in ids]
    answer = sheet(edge, {"shortIds": ids, "columns": 2, "rows": 2, "caption": True, "ecc": "H", "label_w": 60.5})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Transfer-Encoding"] == "chunked" and answer.headers["Content-Length"] is None
    assert answer.headers["Content-Disposition"] == 'attachment; filename="labels.pdf"'
    assert answer.headers["x-result-count"] == "7" and answer.headers["Cache-Control"] == "no-store"
    assert read_codes(tmp_path, answer.body) == [sorted(urls[:4]), sorted(urls[4:])]
    assert sheet(edge, {"shortIds": ids[:1] * 3, "preset": "L7160"}).status == 200  # a label may be printed twice


def test_a_zip_holds_an_image_for_each(edge, tmp_path):
    ids = [edge.create(f"https://example.com/{i}") for i in range(5)]
    answer = sheet(edge, {"shortIds": ids, "as": "zip", "image": "png", "w": 200, "dpi": "300"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    assert archive.testzip() is None and archive.namelist() == [f"{i}.png" for i in ids]
    for short_id in ids:
        # The very image that the short domain serves.
        assert archive.read(f"{short_id}.png") == edge.public("GET", f"/{short_id}.png?w=200&dpi=300").body
    assert refusal(sheet(edge, {"shortIds": [ids[0], ids[1], ids[0]], "as": "zip"}))[1].endswith(
        f'names "{ids[0]}" more than once, which a ZIP cannot')


def test_what_is_selected_without_a_list(edge):
    other = "U" + "b" * 23
    ids = [edge.create(f"https://example.com/{i}", evrythngId=THING if i % 2 else other,
                       type="thng" if i % 2 else "place") for i in range(6)]
    times = [edge.api("GET", f"/redirections/{i}").json()["createdAt"] for i in ids]

    def names(**selection):
        answer = sheet(edge, {"as": "zip", "image": "svg", **selection})
        assert answer.status == 200, answer.body
        return [name.removesuffix(".svg") for name in zipfile.ZipFile(io.BytesIO(answer.body)).namelist()]

    assert names(all=True) == ids
    assert names(evrythngId=other) == ids[::2]
    assert names(filter="type=thng") == ids[1::2]
    assert names(filter=f"createdAt>{times[2]}&type=place") == ids[4:5]
    assert names(filter=f"shortId={ids[3]}|shortId={ids[0]}") == [ids[0], ids[3]]
    assert refusal(sheet(edge, {"filter": "type=product"})) == ("filter", "sheet.filter selects no redirection")
    assert refusal(sheet(edge, {"filter": "colour=red"}))[0] == "filter"
    for body in ({}, {"all": False}, {"shortIds": []}, {"all": True, "filter": "type=thng"}):
        assert refusal(sheet(edge, body))[0] == "shortIds"


def test_all_of_an_account_are_more_than_a_page_of_the_store(edge):
    first = edge.create(shortId="COPY0")
    for begin in range(1, 600, 100):
        rows = [json.dumps({"shortId": f"COPY{i}", "evrythngId": THING, "defaultRedirectUrl": "https://a.example/"})
                for i in range(begin, min(begin + 100, 600))]
        for row in rows:
            assert edge.api("POST", "/redirections", row, Content_Type="application/json").status == 201
    answer = sheet(edge, {"all": True, "as": "zip", "image": "svg"})
    names = zipfile.ZipFile(io.BytesIO(answer.body)).namelist()
    assert names[0] == f"{first}.svg" and sorted(names) == sorted(f"COPY{i}.svg" for i in range(600))
    assert answer.headers["x-result-count"] == "600"


def test_refusals_come_before_any_byte_and_name_what_is_wrong(edge):
    short_id = edge.create()
    field, message = refusal(sheet(edge, {"shortIds": ["ABSENT0001", short_id, "ABSENT0002"]}))
    assert (field, message) == ("shortIds", 'sheet.shortIds names no redirection: "ABSENT0001", "ABSENT0002"')
    many = refusal(sheet(edge, {"shortIds": [f"ABSENT{i:04}" for i in range(700)]}))[1]
    assert '"ABSENT0019" and 680 others' in many and "ABSENT0020" not in many
    assert '"a b"' in refusal(sheet(edge, {"shortIds": [short_id, "a b"]}))[1]
    for extra, name, words in (({"columns": 51}, "columns", "from 1 to 50"), ({"size": 3}, "size", "sheet"),
                               ({"w": 100}, "w", "as=zip"), ({"image": "png"}, "image", "as=zip"),
                               ({"as": "zip", "rows": 3}, "rows", "as=pdf"), ({"as": "rar"}, "as", "pdf or zip"),
                               ({"fg": "999"}, "fg", "contrast"), ({"preset": "X"}, "preset", "L7160"),
                               ({"ecc": ["H"]}, "ecc", "text"), ({"caption": "yes"}, "caption", "0 or 1"),
                               ({"columns": 40, "rows": 50}, "columns", "5 mm")):
        field, message = refusal(sheet(edge, {"shortIds": [short_id], **extra}))
        assert field == name and words in message, (extra, message)
    # Only some of the labels cannot be drawn: they have too many modules.
    long_id = edge.create(shortId="x" * 40)
    tight = refusal(sheet(edge, {"shortIds": [short_id, long_id], "as": "zip", "w": 42}))
    assert tight[0] == "w" and f'for "{long_id}"' in tight[1]
    assert edge.api("POST", "/qr/sheets", "{", Content_Type="application/json").json()["code"] == "malformed_request"
    assert edge.api("POST", "/qr/sheets", b" " * 1_100_000, Content_Type="application/json").status == 413
    assert edge.api("GET", "/qr/sheets").status == 405


def test_a_trusted_application_prints_what_it_sees(edge):
    made = edge.api("POST", "/projects", {"name": "p"}).json()["id"]
    application = edge.api("POST", f"/projects/{made}/applications", {"name": "a", "socialNetworks": {}}).json()
    key = edge.api("GET", f"/projects/{made}/applications/{application['id']}/secretKey").json()["secretApiKey"]
    thng = edge.api("POST", f"/thngs?project={made}", {"name": "t"}).json()["id"]
    seen, hidden = edge.create(evrythngId=thng), edge.create()
    assert sheet(edge, {"shortIds": [seen]}, key=key).status == 200
    assert f'"{hidden}"' in refusal(sheet(edge, {"shortIds": [seen, hidden]}, key=key))[1]
    assert sheet(edge, {"all": True}, key=key).headers["x-result-count"] == "1"


def test_a_client_that_leaves_ends_its_sheet(edge):
    short_id = edge.create()
    body = json.dumps({"shortIds": [short_id] * 60_000})
    connections = []
    for _ in range(17):
        connection = socket.create_connection(("127.0.0.1", edge.api_port))
        connection.settimeout(20)
        connection.sendall((f"POST /qr/sheets HTTP/1.1\r\nHost: a\r\nAuthorization: {KEY}\r\n"
                            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
        connections.append(connection)
    statuses = sorted(connection.recv(4096).split(b" ", 2)[1] for connection in connections)
    assert statuses == [b"200"] * 16 + [b"503"]  # 140 MB each, unread: more than the kernel takes
    assert edge.metric("sheets_open") == 16
    assert edge.public("GET", f"/{short_id}").status == 307
    for connection in connections:
        connection.close()
    wait_until(lambda: edge.metric("sheets_open") == 0, what="sheets ended")


def draw(*arguments, text=""):
    return subprocess.run([BINARY, "qr", "sheet", *arguments], input=text.encode(), capture_output=True)


def test_the_command_draws_sheets(tmp_path):
    output = tmp_path / "labels.pdf"
    done = draw("--domain", "tn.gg", "--scheme", "https", "--preset", "L7163", "--caption", "1", "-o", str(output),
                "--json", text="ABCDEFGHKM\r\n\nABCDEFGHKN\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"labels": 2, "bytes": output.stat().st_size, "as": "pdf", "file": str(output)}
    assert read_codes(tmp_path, output.read_bytes()) == [["https://TN.GG/ABCDEFGHKM", "https://TN.GG/ABCDEFGHKN"]]


def test_the_command_packs_images(tmp_path):
    lines = tmp_path / "texts"
    lines.write_text("https://TN.GG/ABCDEFGHKM\nhello world\nhello\tfirst-name\n")
    done = draw("--as", "zip", "--input", str(lines))
    archive = zipfile.ZipFile(io.BytesIO(done.stdout))
    assert archive.namelist() == ["ABCDEFGHKM.png", "000002.png", "first-name.png"] and archive.testzip() is None
    alone = subprocess.run([BINARY, "qr", "hello world"], capture_output=True, check=True).stdout
    assert archive.read("000002.png") == alone


def test_the_command_names_the_line_and_leaves_nothing_behind(tmp_path):
    output = tmp_path / "x.zip"
    for arguments, text, words in ((("--as", "zip"), "a\tone\nb\tone\n", 'line 2: "one"'),
                                   (("--domain", "tn.gg"), "ABCDEFGHKM\na b\n", 'line 2: "a b" is no short ID'),
                                   ((), "a\tb c\n", "line 1: a name must be"),
                                   ((), "\n", "there are no labels"),
                                   (("--rows", "51"), "a\n", "--rows: rows must be"),
                                   (("--label-w", "x"), "a\n", "--label-w: label_w must be"),
                                   (("--width", "90"), "a\n", "--width: w is for as=zip"),
                                   (("--scheme", "https"), "a\n", "--scheme"),
                                   (("--input", "/nowhere"), "", "--input: cannot read"),
                                   ((), "x" * 8000 + "\n", "line 1")):
        done = draw(*arguments, "-o", str(output), text=text)
        assert done.returncode == 1 and words in done.stderr.decode(), (arguments, done.stderr)
        assert list(tmp_path.iterdir()) == []
    assert json.loads(draw("--json", "-o", str(output), text="a\tb c\n").stdout)["line"] == 1
    assert "cannot write" in draw("-o", "/nowhere/x", text="a\n").stderr.decode()
    assert draw("--nonsense", text="a\n").returncode == 2


def test_the_command_shows_its_progress_on_a_terminal(tmp_path):
    lines = tmp_path / "texts"
    lines.write_text("".join(f"https://TN.GG/{i:010}\n" for i in range(20_000)))
    master, slave = pty.openpty()
    process = subprocess.Popen([BINARY, "qr", "sheet", "-i", str(lines), "-o", str(tmp_path / "a.pdf")], stderr=slave)
    assert process.wait(30) == 0
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert re.search(r"\r\[[#.]{30}\] +\d+ %  1 labels", shown) and "[" + "#" * 30 + "] 100 %  20000 labels" in shown
