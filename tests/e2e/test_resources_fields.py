"""Wrong input for every type of field: the answer names the field, and nothing is stored."""
import json

import pytest

from server import THING
from test_resources import made

TARGET = {"defaultRedirectUrl": "https://a.example/", "evrythngId": THING}

# type of field -> (resource, a good document, [(a wrong change of it, the field that the answer names)])
TYPES = {
    "text": ("/thngs", {"name": "a"}, [({"name": 7}, "name"), ({"name": ""}, "name"), ({"name": None}, "name"),
                                       ({"description": "x" * 10_001}, "description")]),
    "number": ("/places", {"name": "a"}, [({"latitude": "1", "longitude": 1}, "latitude"), ({"latitude": 91, "longitude": 1}, "latitude"), ({"latitude": 1, "longitude": -181}, "longitude"),
                                          ({"latitude": 1}, "longitude")]),
    "timestamp": ("/projects", {"name": "a", "endsAt": 5}, [({"startsAt": "now"}, "startsAt"), ({"endsAt": -1}, "endsAt"),
                                                            ({"endsAt": 1.5}, "endsAt"), ({"endsAt": 10 ** 18}, "endsAt")]),
    "resource_id": ("/thngs", {"name": "a"}, [({"product": "p"}, "product"), ({"product": 7}, "product"), ({"product": "U" + "0" * 23}, "product")]),
    "texts": ("/products", {"name": "a", "tags": ["x"]}, [({"tags": "x"}, "tags"), ({"tags": [1]}, "tags"), ({"tags": ["x" * 61]}, "tags"),
                                                          ({"tags": ["x"] * 1001}, "tags"), ({"photos": {}}, "photos")]),
    "string_map": ("/collections", {"name": "a"}, [({"identifiers": {"ean": 4}}, "identifiers"), ({"identifiers": []}, "identifiers"),
                                                   ({"identifiers": {"": "4"}}, "identifiers")]),
    "object": ("/products", {"name": "a"}, [({"customFields": []}, "customFields"), ({"customFields": "x"}, "customFields")]),
    "document": ("/places", {"name": "a"}, [({"address": "x"}, "address"), ({"address": {"planet": "Mars"}}, "address"),
                                            ({"position": {"type": "Line", "coordinates": [1, 2]}}, "position"),
                                            ({"position": {"type": "Point", "coordinates": [1, 91]}}, "position"),
                                            ({"position": {"type": "Point", "coordinates": "x"}}, "position")]),
    "scopes": ("/thngs", {"name": "a"}, [({"scopes": []}, "scopes"), ({"scopes": {"projects": ["x"]}}, "scopes.projects"),
                                         ({"scopes": {"users": ["+all", "all"]}}, "scopes.users"), ({"scopes": {"teams": []}}, "scopes")]),
    "url_template": ("/redirections", TARGET, [({"defaultRedirectUrl": url}, "defaultRedirectUrl") for url in
                                               (7, None, "", "ftp://a/", "https://a/{colour}", "https://a/\r\nX: y", "https://u:p@a/")]),
    "no_such_field": ("/thngs", {"name": "a"}, [({"colour": "red"}, "colour"), ({"thngApiKey": "x"}, "thngApiKey")]),
}


def refused(answer, field):
    error = answer.json()
    assert answer.status == 400 and error["details"][0]["field"] == field, error
    assert field in error["errors"][0] and error["code"] in ("invalid_field", "unknown_field", "missing_field")


@pytest.mark.parametrize("kind", TYPES)
def test_a_wrong_value_is_named_and_the_document_unchanged(edge, kind):
    path, good, wrongs = TYPES[kind]
    document = made(edge.api("POST", path, good))
    own = f"{path}/{document.get('shortId', document.get('id'))}"
    stored = edge.api("GET", own + "?withScopes=true").json()
    for wrong, field in wrongs:
        refused(edge.api("PUT", own, wrong), field)
        refused(edge.api("PUT", own, {"description": "changed", **wrong} if path != "/redirections" else wrong), field)
        refused(edge.api("POST", path, {**good, **wrong}), field)
        if path != "/projects" and "scopes" not in wrong:
            bulk = edge.api("PUT", f"{path}?ids={own.split('/')[2]}", wrong)
            assert bulk.status == 400 and bulk.json()["details"][0]["field"] == field, bulk.body
    assert edge.api("GET", own + "?withScopes=true").json() == stored
    assert edge.api("GET", path + "?perPage=1").headers["x-result-count"] == "1"


def test_wrong_values_of_fields_that_are_set_once(edge):
    for wrong, field in (({"properties": []}, "properties"), ({"properties": {"a": None}}, "properties"), ({"properties": {"~a": 1}}, "properties"),
                         ({"location": {"latitude": 1}}, "longitude"), ({"location": {"timestamp": "x"}}, "location")):
        answer = edge.api("POST", "/thngs", {"name": "a", **wrong})
        assert answer.status == 400 and field in answer.json()["errors"][0], answer.body
    for wrong in ("a b", "abc", "x" * 41, 7, ""):
        refused(edge.api("POST", "/redirections", {**TARGET, "shortId": wrong}, Accept="application/json"), "shortId")
    for wrong in ("car", 7):
        refused(edge.api("POST", "/redirections", {**TARGET, "type": wrong}), "type")
    for wrong in ("x", "_", "_a b", 7):
        refused(edge.api("POST", "/actions", {"name": wrong}), "name")
    assert edge.api("GET", "/thngs").json() == [] and edge.api("GET", "/redirections").json() == []
    assert len(edge.api("GET", "/actions").json()) == 4


def test_wrong_values_in_an_account(edge):
    own = "/accounts/" + edge.api("GET", "/access").json()["account"]
    stored = edge.api("GET", own).json()
    for wrong, field in (({"retentionDays": "x"}, "retentionDays"), ({"retentionDays": 0}, "retentionDays"), ({"retentionDays": -1}, "retentionDays"),
                         ({"countBots": 1}, "countBots"), ({"countBots": "true"}, "countBots"), ({"imageUrl": "x" * 2049}, "imageUrl")):
        refused(edge.api("PUT", own, {"name": "changed", **wrong}), field)
    assert edge.api("GET", own).json() == stored


def test_wrong_values_in_a_user(edge):
    project = made(edge.api("POST", "/projects", {"name": "p"}))["id"]
    key = made(edge.api("POST", f"/projects/{project}/applications", {"name": "a"}))["appApiKey"]
    good = {"email": "a@b.example", "password": "password1", "firstName": "A"}
    own = "/users/" + made(edge.api("POST", "/auth/evrythng/users", good, key=key))["evrythngUser"]
    stored = edge.api("GET", own).json()
    for wrong, field in (({"email": "nobody"}, "email"), ({"email": None}, "email"), ({"gender": "x"}, "gender"),
                         ({"birthday": {"day": 1}}, "birthday"), ({"birthday": {"day": 1, "month": 13, "year": 1990}}, "birthday"),
                         ({"birthday": "1990-01-01"}, "birthday"), ({"password": "short"}, "password"), ({"password": None}, "password"),
                         ({"firstName": []}, "firstName"), ({"passwordHash": "x"}, "passwordHash"), ({"keys": []}, "keys")):
        refused(edge.api("PUT", own, {"lastName": "changed", **wrong}), field)
    assert edge.api("GET", own).json() == stored
    for wrong, field in (({"gender": "x"}, "gender"), ({"colour": 1}, "colour"), ({"email": "c@d.example"}, "email"),
                         ({"birthday": {"day": 0, "month": 1, "year": 1990}}, "birthday")):
        refused(edge.api("POST", "/auth/evrythng/users?anonymous=true", wrong, key=key), field)
    for body in (None, {}, {"anonymous": True}, {"firstName": "B", "customFields": {"a": 1}}):
        user = made(edge.api("POST", "/auth/evrythng/users?anonymous=true", body, key=key))
        shown = edge.api("GET", "/users/" + user["evrythngUser"]).json()
        assert shown.get("firstName") == (body or {}).get("firstName") and shown["email"] == user["email"], shown


def test_wrong_properties_and_locations(edge):
    thng = "/thngs/" + made(edge.api("POST", "/thngs", {"name": "a", "properties": {"size": 1}}))["id"]
    stored = edge.api("GET", thng).json()
    for wrong, field in (([{"key": "size", "value": None}], "value"), ([{"key": "size"}], "value"), ([{"value": 1}], "key"),
                         ([{"key": "~size", "value": 1}], "key"), ([{"key": "size", "value": 1, "timestamp": "x"}], "timestamp"),
                         ([{"key": "size", "value": 2}, {"key": "size", "value": 1, "colour": 1}], "colour")):
        refused(edge.api("PUT", thng + "/properties", wrong), field)
    for wrong, field in (([{}], "position"), ([{"latitude": 1}], "longitude"), ([{"place": "x"}], "place"), ([{"place": "U" + "0" * 23}], "place"),
                         ([{"latitude": 1, "longitude": 2}, {"latitude": 1, "longitude": 181}], "longitude")):
        refused(edge.api("PUT", thng + "/location", wrong), field)
    for wrong in ("7", "[7]", "{", json.dumps([{"key": "a", "value": 1}] * 1001)):
        assert edge.api("PUT", thng + "/properties", wrong, Content_Type="application/json").status == 400, wrong[:10]
    assert edge.api("GET", thng).json() == stored
    assert len(edge.api("GET", thng + "/properties/size").json()) == 1 and edge.api("GET", thng + "/location").json() == []


def test_names_and_texts_that_are_not_utf8_are_stored_nowhere(edge):
    thng = "/thngs/" + made(edge.api("POST", "/thngs", {"name": "a"}))["id"]
    for key in ("%FF", "%C3%28", "x" * 201, "~a"):
        for method in ("PUT", "GET", "DELETE") if key != "~a" else ("PUT",):
            refused(edge.api(method, f"{thng}/properties/{key}", [{"value": 1}] if method == "PUT" else None), "key")
    assert edge.api("PUT", thng + "/properties/%C3%A9", [{"value": 1}]).status == 200
    for body in ("name=%FF", "customFields.%FF=1", "%FF=1"):
        answer = edge.api("POST", "/thngs", body, Content_Type="application/x-www-form-urlencoded")
        assert answer.status == 400 and "UTF-8" in answer.json()["errors"][0], answer.body
    assert edge.api("GET", "/thngs").json() == [edge.api("GET", thng).json()]
    assert edge.api("GET", thng).json()["properties"] == {"\u00e9": 1}


def test_a_document_does_not_grow_without_end(edge):
    thng = "/thngs/" + made(edge.api("POST", "/thngs", {"name": "a"}))["id"]
    assert edge.api("PUT", thng + "/properties", [{"key": f"k{i}", "value": i} for i in range(1000)]).status == 200
    refused(edge.api("PUT", thng + "/properties/one-more", [{"value": 1}]), "properties")
    assert edge.api("PUT", thng + "/properties/k7", [{"value": 8}]).status == 200
    refused(edge.api("PUT", thng + "/properties/k7", [{"value": "x" * 60_000}]), "properties")
    assert edge.api("GET", thng).json()["properties"]["k7"] == 8
    ids = [f"U{i:023}" for i in range(1000)]
    assert edge.api("PUT", thng, {"scopes": {"projects": ids}}).status == 200
    refused(edge.api("PUT", thng, {"scopes": {"projects": ["+U" + "x" * 23]}}), "scopes.projects")
    assert edge.api("PUT", thng, {"scopes": {"projects": ["-" + ids[0]]}}).status == 200


def test_wrong_lists_of_ids(edge):
    collection = "/collections/" + made(edge.api("POST", "/collections", {"name": "a"}))["id"]
    for wrong in ({"name": "x"}, "x", [7], ["x"], ["U" + "0" * 23]):
        for method, path in (("PUT", "/thngs"), ("POST", "/collections")):
            assert edge.api(method, collection + path, json.dumps(wrong), Content_Type="application/json").status == 400, wrong
    assert edge.api("GET", collection + "/thngs").json() == [] and edge.api("GET", collection + "/collections").json() == []
