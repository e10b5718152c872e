"""Each guard as an attacker would try it, with a control: the same request by a good client passes."""

import pytest

from spinmark_server.app import create_app, max_body_bytes
from spinmark_server.guards import Access

TOKEN = "correct-horse-battery"
BODY = {"text": "A text."}


@pytest.mark.parametrize("host", ["127.0.0.1:8712", "localhost:8712", "LOCALHOST:8712", "[::1]:8712"])
def test_the_servers_own_names_are_answered(client, host):
    assert client.get("/v1/health", Host=host).status_code == 200
    assert client.check(BODY, Host=host).status_code == 200


def test_port_80_is_left_out_as_browsers_do(make_client, detector, problem):
    client = make_client(create_app(detector, access=Access(Access.loopback(80).hosts, address_port=80)))
    for host in ("127.0.0.1", "localhost", "[::1]", "192.168.1.7", "[fe80::1]"):
        assert client.get("/v1/health", Host=host, Origin=f"http://{host}").status_code == 200
    for host in ("127.0.0.1:80", "rebound.test", "192.168.1.7:8712", "::1"):
        assert problem(client.get("/v1/health", Host=host)) == "foreign-host"


@pytest.mark.parametrize(
    "host",
    [
        "rebound.test",
        "rebound.test:8712",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:87120",
        "127.0.0.1:8712.rebound.test",
        "127.0.0.1.rebound.test:8712",
        "user@127.0.0.1:8712",
        "127.0.0.1:8712, rebound.test",
        "192.168.1.7:8712",
        "[::1]",
        "[::1",
        "xn--\x80:8712",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/page.js", "/v1/health", "/v1/techniques", "/nowhere"])
def test_dns_rebinding_gets_nothing(client, problem, host, path):
    assert problem(client.get(path, Host=host)) == "foreign-host"
    assert problem(client.check(BODY, Host=host)) == "foreign-host"


@pytest.mark.parametrize(
    "origin",
    [
        "http://news.test",
        "https://news.test",
        "http://127.0.0.1",
        "http://127.0.0.1:3000",
        "https://127.0.0.1:8712",
        "http://localhost:8712",  # another origin than 127.0.0.1 to a browser, so to us
        "http://127.0.0.1:8712.news.test",
        "http://127.0.0.1:8712/",
        "null",
        "",
        "file://",
        "chrome-extension://",
        "chrome-extension://abc/evil",
        "chrome-extension://abc http://news.test",
        "xchrome-extension://abc",
        "web+chrome-extension://abc",
    ],
)
def test_another_sites_origin_is_refused(client, problem, origin):
    assert problem(client.check(BODY, Origin=origin)) == "cross-site"
    assert problem(client.get("/v1/health", Origin=origin)) == "cross-site"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "http://127.0.0.1:8712",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://11111111-2222-4333-8444-555555555555",
    ],
)
def test_the_page_and_extensions_may_ask(client, origin):
    assert client.check(BODY, Origin=origin).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "anything", ""])
@pytest.mark.parametrize("path", ["/", "/page.js", "/v1/health"])
def test_what_the_browser_calls_cross_site_is_refused(client, problem, site, path):
    assert problem(client.get(path, Sec_Fetch_Site=site)) == "cross-site"
    assert problem(client.get(path, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")) == "cross-site"
    assert problem(client.check(BODY, Sec_Fetch_Site=site)) == "cross-site"


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_what_the_browser_calls_our_own_is_answered(client, site):
    assert client.check(BODY, Sec_Fetch_Site=site).status_code == 200
    assert client.get("/", Sec_Fetch_Site=site).status_code == 200


def test_a_link_from_another_site_opens_the_page_and_nothing_else(client, problem):
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert client.get("/", **followed).status_code == 200
    assert problem(client.get("/", **followed | {"Sec_Fetch_Dest": "iframe"})) == "cross-site"
    assert problem(client.get("/v1/health", **followed)) == "cross-site"
    assert problem(client.check(BODY, **followed)) == "cross-site"


@pytest.mark.parametrize("value", [None, "", "0", "1, 1", "true"])
def test_a_post_without_the_mark_is_refused(client, problem, value):
    assert problem(client.check(BODY, X_Spinmark=value)) == "missing-header"


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "",
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json, text/plain",
        "application/jsonp",
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
    ],
)
def test_a_post_that_a_form_can_make_is_refused(client, problem, media_type):
    assert problem(client.check(BODY, Content_Type=media_type)) == "not-json"


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON", 'application/json;charset="UTF-8"']
)
def test_json_may_be_declared_in_every_usual_way(client, media_type):
    assert client.check(BODY, Content_Type=media_type).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "x"])
def test_a_compressed_body_is_refused_unread(client, problem, encoding):
    assert problem(client.check(b"\x1f\x8b", Content_Encoding=encoding)) == "compressed-body"


def test_a_preflight_gets_no_permission(client, problem):
    asked = {
        "Origin": "http://127.0.0.1:8712",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-spinmark",
        "Access-Control-Request-Private-Network": "true",
    }
    response = client.send("OPTIONS", "/v1/check", b"", asked)
    assert problem(response) == "method-not-allowed"
    assert (
        problem(client.send("OPTIONS", "/v1/check", b"", asked | {"Origin": "http://news.test"}))
        == "cross-site"
    )


def test_a_wrong_method_says_the_right_one(client, problem):
    response = client.get("/v1/check")
    assert problem(response) == "method-not-allowed"
    assert response.headers["Allow"] == "POST"
    for method in ("PUT", "DELETE", "TRACE", "CONNECT", "PATCH"):
        assert problem(client.send(method, "/v1/health", b"", {})) == "method-not-allowed"


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/check/", "//v1/check", "/../app.py", "/page/page.js", "/%2e%2e/cli.py", "/index.html"],
)
def test_an_unknown_address_is_not_found(client, problem, path):
    assert problem(client.get(path)) == "not-found"


def test_a_body_beyond_what_the_longest_text_needs_is_refused(make_client, detector, problem):
    client = make_client(create_app(detector, max_chars=10))
    most = max_body_bytes(10)
    padding = most - len(b'{"text": ""}')
    assert client.check(b'{"text": "' + b'"' + b" " * padding + b"}").status_code == 200
    response = client.check(b'{"text": "' + b'"' + b" " * (padding + 1) + b"}")
    assert problem(response) == "body-too-large"
    assert response.json["max_bytes"] == most


def test_the_longest_text_passes_however_it_is_escaped(client):
    assert client.check(b'{"text": "' + rb"\ud83d\ude00" * 200_000 + b'"}').status_code == 200


@pytest.fixture
def locked(make_client, detector):
    return make_client(create_app(detector, access=Access.loopback(8712, token=TOKEN)))


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        "Bearer \u00e9",
    ],
)
def test_with_a_token_the_api_answers_nobody_else(locked, problem, given):
    for response in (
        locked.get("/v1/health", Authorization=given),
        locked.get("/v1/techniques", Authorization=given),
        locked.check(BODY, Authorization=given),
        locked.get("/nowhere", Authorization=given),
    ):
        assert problem(response) == "unauthorized"
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_with_the_token_the_api_answers(locked):
    assert locked.check(BODY, Authorization=f"Bearer {TOKEN}").status_code == 200
    assert locked.get("/v1/health", Authorization=f"bearer {TOKEN}").status_code == 200


def test_the_page_opens_without_the_token_as_a_browser_cannot_send_it(locked):
    assert locked.get("/").status_code == 200
    assert locked.get("/page.js").status_code == 200


def test_the_token_does_not_open_the_other_guards(locked, problem):
    with_token = {"Authorization": f"Bearer {TOKEN}"}
    assert problem(locked.check(BODY, Origin="http://news.test", **with_token)) == "cross-site"
    assert problem(locked.check(BODY, Host="rebound.test", **with_token)) == "foreign-host"


def test_on_all_interfaces_addresses_are_allowed_and_names_are_not(make_client, detector, problem):
    access = Access(frozenset({"desk.lan:8712"}), address_port=8712)
    client = make_client(create_app(detector, access=access))
    for host in ("192.168.1.7:8712", "[fe80::1]:8712", "127.0.0.1:8712", "desk.lan:8712"):
        assert client.get("/v1/health", Host=host).status_code == 200
    for host in (
        "rebound.test:8712",
        "192.168.1.7",
        "192.168.1.7:80",
        "192.168.1.7.rebound.test:8712",
        ":8712",
    ):
        assert problem(client.get("/v1/health", Host=host)) == "foreign-host"
