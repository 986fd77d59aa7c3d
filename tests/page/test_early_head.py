"""Our lines stand first in the head of a page, and nothing else is touched."""

import asyncio

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from playground.page.early_head import EarlyHead, early_html, late_html

PAGE = "<html><head><meta charset=utf-8><title>x</title></head><body>\u5716</body></html>"


async def streamed(_request):
    async def pieces():
        for start in range(0, len(PAGE), 7):
            yield PAGE[start : start + 7]
            await asyncio.sleep(0)

    return StreamingResponse(pieces(), media_type="text/html")


def client():
    app = Starlette(
        routes=[
            Route("/", lambda _request: HTMLResponse(PAGE), methods=["GET", "POST"]),
            Route("/streamed", streamed),
            Route("/json", lambda _request: JSONResponse({"a": "<head>"})),
        ]
    )
    return TestClient(EarlyHead(app, first="<script>1</script>", last="<script>2</script>"))


def test_both_ends_of_the_head():
    expected = PAGE.replace("<head>", "<head><script>1</script>").replace(
        "</head>", "<script>2</script></head>"
    )
    for path in ("/", "/streamed"):
        answer = client().get(path, headers={"accept": "text/html"})
        assert answer.text == expected
        assert int(answer.headers["content-length"]) == len(expected.encode())


def test_other_answers_are_untouched():
    assert client().get("/json", headers={"accept": "text/html"}).json() == {"a": "<head>"}
    assert client().get("/", headers={"accept": "application/json"}).text == PAGE
    assert client().post("/", headers={"accept": "text/html"}).text == PAGE


def test_words_in_the_script_cannot_end_it():
    made = early_html({"en": {"name": "</script><b>", "mistake": "Check"}})
    assert made.count("</script>") == 1
    assert late_html().count("</script>") == 1
