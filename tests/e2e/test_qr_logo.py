"""An account's logo: uploaded as a picture, drawn into codes that are read back before they leave."""
import io
import json
import re
import select
import socket
import struct
import subprocess
import zipfile
import zlib

import pytest

from server import BINARY, wait_until
from test_qr_sheets import draw, read_codes, refusal, sheet

RED, NOTHING = (200, 0, 0, 255), (0, 0, 0, 0)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, pixel=RED, claimed=None):
    """A picture of one colour; `claimed`: the size that its header says instead."""
    head = struct.pack(">IIBBBBB", *(claimed or (width, height)), 8, 6, 0, 0, 0)
    rows = (b"\0" + bytes(pixel) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def account(edge):
    return edge.api("GET", "/access").json()["account"]


def put_logo(edge, account, picture, content_type="image/png"):
    return edge.api("PUT", f"/accounts/{account}/logo", picture, Content_Type=content_type)


def pixels(image):
    """Width, height and the set of opaque colours of a PNG with 8 bits per channel (PNG specification, 9)."""
    chunks, at = {}, 8
    while at < len(image):
        length = int.from_bytes(image[at:at + 4], "big")
        kind = image[at + 4:at + 8]
        chunks[kind] = chunks.get(kind, b"") + image[at + 8:at + 8 + length]
        at += 12 + length
    width, height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    channels = {2: 3, 6: 4}[kind]
    assert depth == 8
    data, stride, above, colors = zlib.decompress(chunks[b"IDAT"]), width * channels, bytes(width * channels), set()
    for row in range(height):
        line = bytearray(data[row * (stride + 1) + 1:(row + 1) * (stride + 1)])
        for i in range(stride):
            left, up, corner = (line[i - channels], above[i], above[i - channels]) if i >= channels else (0, above[i], 0)
            near = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
            line[i] = line[i] + (0, left, up, (left + up) // 2, near)[data[row * (stride + 1)]] & 255
        colors |= {bytes(line[i:i + 3]) for i in range(0, stride, channels) if channels == 3 or line[i + 3]}
        above = line
    return width, height, colors


def decode(folder, image, suffix, render=None):
    """What the code says; `render`: the command that makes a PNG of the file."""
    path = folder / f"code{suffix}"
    path.write_bytes(image)
    if render:
        subprocess.run([*render, path], check=True)
        path = folder / "rendered.png"
    return subprocess.run(["zbarimg", "--quiet", "--raw", path], capture_output=True, check=True).stdout.decode().strip()


def test_codes_show_the_logo_and_say_the_same(edge, account, tmp_path):
    short_id = edge.create()
    url = f"http://127.0.0.1:{edge.port}/{short_id}"
    assert edge.public("GET", f"/{short_id}.png?logo=1").json()["details"][0]["field"] == "logo"
    stored = put_logo(edge, account, png(300, 150))
    assert (stored.status, stored.json()) == (200, {"width": 128, "height": 64})
    shown = edge.api("GET", f"/accounts/{account}/logo", Accept="image/png")
    assert shown.headers["Content-Type"] == "image/png"
    assert pixels(shown.body) == (128, 64, {b"\xc8\0\0"})

    plain = edge.public("GET", f"/{short_id}.png?w=300")
    code = edge.public("GET", f"/{short_id}.png?w=300&logo=1")
    assert code.status == 200 and code.headers["Cache-Control"] == "public, no-cache"
    assert b"\xc8\0\0" in pixels(code.body)[2]
    assert code.headers["ETag"] != plain.headers["ETag"]
    assert decode(tmp_path, code.body, ".png") == url
    png_file = tmp_path / "rendered.png"
    for suffix, render in ((".svg", ("rsvg-convert", "-o", png_file)),
                           (".pdf", ("gs", "-q", "-dBATCH", "-dNOPAUSE", "-r144", "-sDEVICE=png16m",
                                     f"-sOutputFile={png_file}")),
                           (".eps", ("gs", "-q", "-dBATCH", "-dNOPAUSE", "-dEPSCrop", "-r144", "-sDEVICE=png16m",
                                     f"-sOutputFile={png_file}"))):
        answer = edge.public("GET", f"/{short_id}{suffix}?w=300&logo=1&caption=1")
        assert answer.status == 200, answer.body
        assert decode(tmp_path, answer.body, suffix, render) == url
    download = edge.public("GET", f"/{short_id}.pdf?w=300&logo=1&download=1")
    assert download.headers["Content-Disposition"] == f'attachment; filename="{short_id}.pdf"'
    assert edge.public("HEAD", f"/{short_id}.png?w=300&logo=1").headers["Content-Length"] == str(len(code.body))
    assert edge.public("GET", f"/{short_id}.png?w=300&logo=0").body == plain.body
    assert edge.public("GET", f"/{short_id}.png?logo=yes").status == 400


def test_an_edit_is_seen_on_every_node_and_validators_follow_the_picture(start, tmp_path):
    redis = start.redis()
    edge, other = (start("--short-domain", "tn.gg", redis=redis.url, name=name) for name in ("edge", "other"))
    account = edge.api("GET", "/access").json()["account"]
    path = f"/{edge.create()}.png?w=200&logo=1"
    tags = []
    for color in (RED, (0, 0, 180, 255)):
        assert put_logo(edge, account, png(64, 64, color)).status == 200
        tags.append(edge.public("GET", path).headers["ETag"])
        wait_until(lambda: other.public("GET", path).headers["ETag"] == tags[-1], what="the other node's logo")
    assert tags[0] != tags[1]
    assert other.public("GET", path, If_None_Match=tags[0]).status == 200
    unchanged = other.public("GET", path, If_None_Match=tags[1])
    assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", tags[1])
    assert edge.api("DELETE", f"/accounts/{account}/logo").status == 200
    assert edge.public("GET", path).status == 400
    wait_until(lambda: other.public("GET", path).status == 400, what="no logo on the other node")
    assert edge.api("DELETE", f"/accounts/{account}/logo").status == 404
    assert edge.api("GET", f"/accounts/{account}/logo").status == 404


def test_pictures_that_are_refused_change_nothing(edge, account):
    assert put_logo(edge, account, png(64, 64)).status == 200
    before = edge.api("GET", f"/accounts/{account}/logo", Accept="*/*").body
    for picture, words in ((b"", "PNG"), (b"GIF89a" + bytes(64), "PNG"), (png(64, 64)[:60], "PNG"),
                           (png(4, 64), "8 to 4096"), (png(5000, 8), "8 to 4096"),
                           (png(8, 8, claimed=(30_000, 30_000)), "1048576 pixels"),
                           (png(1025, 1024), "1048576 pixels"),
                           (b'{"imageUrl":"https://example.com/logo.png"}', "PNG")):
        refused = put_logo(edge, account, picture)
        assert refused.status == 400, (words, refused.body)
        assert refused.json()["details"][0]["field"] == "logo" and words in refused.json()["errors"][0], refused.body
    assert put_logo(edge, account, b"{}", "application/json").status == 415
    assert put_logo(edge, account, bytes(1_048_577)).status == 413
    assert put_logo(edge, "U" + "b" * 23, png(64, 64)).status == 404
    assert edge.api("GET", f"/accounts/{account}/logo", Accept="*/*").body == before


def test_a_code_that_cannot_be_read_is_not_sent(start):
    edge = start("--short-domain", "tn.gg", "--short-url-scheme", "https")
    account = edge.api("GET", "/access").json()["account"]
    # Modules of one pixel, and a picture among them: of some IDs the reader makes the text all the same.
    path = f"/{edge.create(shortId='COPY000001')}.png"
    assert put_logo(edge, account, png(64, 64)).status == 200
    assert edge.public("GET", f"{path}?w=46").status == 200
    refused = edge.public("GET", f"{path}?w=46&logo=1")
    assert (refused.status, refused.json()["details"][0]["field"]) == (422, "logo"), refused.body
    assert refused.headers["ETag"] is None and "Cache-Control" not in refused.headers
    assert edge.public("GET", f"{path}?logo=1").status == 200


def test_a_picture_with_transparency_lies_on_the_background(edge, account, tmp_path):
    short_id = edge.create()
    assert put_logo(edge, account, png(64, 64, NOTHING)).status == 200
    code = edge.public("GET", f"/{short_id}.png?w=300&logo=1&bg=ffe")
    assert code.status == 200 and pixels(code.body)[2] == {b"\xff\xff\xee", b"\0\0\0"}
    assert edge.public("GET", f"/{short_id}.png?w=300&logo=1&bg=transparent").status == 200


def test_the_logo_is_of_the_redirection_s_account(edge, account):
    assert put_logo(edge, account, png(64, 64)).status == 200
    made = subprocess.run([BINARY, "account", "create", "--name", "Other", *edge.store,
                           "--json"], capture_output=True, check=True)
    key = json.loads(made.stdout)["apiKey"]
    document = {"defaultRedirectUrl": "https://other.example/", "evrythngId": "U" + "b" * 23}
    theirs = edge.api("POST", "/redirections", document, key=key).json()["shortId"]
    assert edge.public("GET", f"/{theirs}.png?w=300&logo=1").status == 400
    assert edge.api("GET", f"/accounts/{account}/logo", key=key).status == 404
    assert edge.api("DELETE", f"/accounts/{account}/logo", key=key).status == 404


def test_sheets_show_the_logo(start, tmp_path):
    edge = start("--short-domain", "tn.gg", "--short-url-scheme", "https")
    account = edge.api("GET", "/access").json()["account"]
    ids = [edge.create(shortId=f"COPY00000{number}") for number in range(4)]
    order = {"shortIds": ids, "columns": 2, "rows": 2, "caption": True}
    assert refusal(sheet(edge, {**order, "logo": True})) == ("logo", "sheet.logo is true, but the account has none")
    assert put_logo(edge, account, png(64, 64)).status == 200
    plain = sheet(edge, {**order, "logo": False})
    labels = sheet(edge, {**order, "logo": True})
    assert (labels.status, plain.status) == (200, 200) and b"/Image" in labels.body and b"/Image" not in plain.body
    assert read_codes(tmp_path, labels.body) == [sorted(f"https://TN.GG/{i}" for i in ids)]
    archive = zipfile.ZipFile(io.BytesIO(sheet(edge, {"shortIds": ids, "as": "zip", "w": 200, "logo": "1"}).body))
    for short_id in ids:
        assert archive.read(f"{short_id}.png") == edge.public("GET", f"/{short_id}.png?w=200&logo=1").body
    assert refusal(sheet(edge, {**order, "logo": "yes"})) == ("logo", "sheet.logo must be 0 or 1")
    # A pixel per module: of most IDs nothing is read.
    field, message = refusal(sheet(edge, {"shortIds": ids, "as": "zip", "w": 42, "logo": True}))
    assert field == "logo" and re.search(r'unreadable.*, for "COPY00000\d"$', message), message


def test_the_commands_show_a_logo(tmp_path):
    picture, output = tmp_path / "logo.png", tmp_path / "code"
    picture.write_bytes(png(40, 64))
    url = "https://TN.GG/COPY000001"

    def qr(*arguments):
        return subprocess.run([BINARY, "qr", url, *arguments, "-o", output], capture_output=True)

    assert qr("--logo", picture, "-w", "300").returncode == 0
    assert b"\xc8\0\0" in pixels(output.read_bytes())[2] and decode(tmp_path, output.read_bytes(), ".png") == url
    assert qr("--logo", picture, "-w", "30", "--unit", "mm", "--format", "pdf").returncode == 0
    assert read_codes(tmp_path, output.read_bytes()) == [[url]]
    output.unlink()
    for arguments, words in ((("--logo", picture, "-w", "42"), "--logo: logo makes this code unreadable at this size"),
                             (("--logo", "/nowhere"), '--logo: cannot read "/nowhere"'),
                             (("--logo", BINARY), "--logo: logo must have at most 1048576 bytes"),
                             (("--logo", __file__), "--logo: logo must be a PNG file")):
        done = qr(*arguments)
        assert done.returncode == 1 and words in done.stderr.decode() and not output.exists(), done.stderr
    lines = "".join(f"https://TN.GG/COPY00000{i}\n" for i in (0, 1, 1))
    done = draw("--logo", str(picture), "--columns", "1", "--rows", "3", text=lines)
    assert read_codes(tmp_path, done.stdout) == [lines.split()]
    done = draw("--logo", str(picture), "--as", "zip", "--width", "42", text=lines)
    assert done.returncode == 1 and re.search(r"line \d: logo makes this code unreadable", done.stderr.decode())


def test_more_drawings_than_wait_are_refused_and_redirects_go_on(edge, account):
    assert put_logo(edge, account, png(64, 64)).status == 200
    short_id = edge.create()
    edge.remember(short_id)
    waiting = []
    for _ in range(80):  # of which one is drawn at a time, and 63 wait
        connection = socket.create_connection(("127.0.0.1", edge.port))
        connection.settimeout(20)
        connection.sendall(f"GET /{short_id}.png?w=203&unit=mm&logo=1 HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        waiting.append(connection)

    def is_refused():
        answered, _, _ = select.select(waiting, [], [], 0)
        return any(connection.recv(4096, socket.MSG_PEEK).startswith(b"HTTP/1.1 503") for connection in answered)

    wait_until(is_refused, what="a refusal")
    assert edge.public("GET", f"/{short_id}").status == 307
    assert edge.public("GET", f"/{short_id}.png").status == 200
    for connection in waiting:
        connection.close()
    assert edge.stop() == 0
