"""The demo's browser against a real server: what a form would send, and pages that are no pages."""

from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from connector.demo.browser import Browser
from connector.demo.processes import DemoFailed, free_port

PAGE = """<html><body><form method="post" action="/take?x=1">
<input type="hidden" name="csrf_token" value="abc"><input name="empty">
<input type="checkbox" name="on" value="1" checked><input type="checkbox" name="off" value="1">
<input type="radio" name="one" value="a"><input type="radio" name="one" value="b" checked>
<input name="dead" value="x" disabled><button name="deed" value="save">Save</button>
<select name="pick"><option value="p">P</option><option value="q" selected>Q</option></select>
<select name="first"><option value="f">F</option><option value="g">G</option></select>
<textarea name="words">two &amp; three
four</textarea></form>
<form action="/search"><input name="q"></form></body></html>"""


@pytest.fixture
def url() -> Iterator[str]:
    app = Flask(__name__)
    app.add_url_rule("/", "root", view_func=lambda: redirect("/page"))
    app.add_url_rule("/page", "page", view_func=lambda: Response(PAGE, headers={"Set-Cookie": "who=me"}))
    app.add_url_rule(
        "/take",
        "take",
        view_func=lambda: repr(sorted(request.form.items(multi=True))) + request.cookies.get("who", "nobody"),
        methods=["POST"],
    )
    app.add_url_rule("/search", "search", view_func=lambda: f"found {request.args['q']}")
    app.add_url_rule("/bad", "bad", view_func=lambda: ("<p>No <b>entry</b></p><script>x()</script>", 403))
    server = make_server("127.0.0.1", 0, app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.close()


def test_a_form_is_sent_as_shown(url: str, browser: Browser) -> None:
    page = browser.open(f"{url}/")
    assert page.url == f"{url}/page"
    answer = browser.submit(page, page.form("/take"), ("deed", "save"), typed={"empty": "Zoë"})
    sent = [
        ("csrf_token", "abc"), ("deed", "save"), ("empty", "Zoë"), ("first", "f"), ("on", "1"), ("one", "b"),
        ("pick", "q"), ("words", "two & three\nfour"),
    ]  # fmt: skip
    assert answer.text == repr(sent) + "me"
    assert browser.submit(page, page.form("/search"), typed={"q": "a b"}).text == "found a b"


def test_what_is_no_page_is_said(url: str, browser: Browser) -> None:
    with pytest.raises(DemoFailed, match=r"403: No entry$"):
        browser.open(f"{url}/bad")
    with pytest.raises(DemoFailed, match="cannot be reached"):
        browser.open(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(DemoFailed, match="no form for /install"):
        browser.open(f"{url}/page").form("/install")
    with pytest.raises(DemoFailed, match="403"):
        browser.download(f"{url}/bad")
