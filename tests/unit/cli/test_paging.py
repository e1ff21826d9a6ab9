import httpx2

from ai4v.cli.client import Gateway
from ai4v.cli.paging import read_pages
from ai4v.cli.patience import Patience
from ai4v.contracts.auth import UserList


def test_every_page_is_asked_for_with_the_same_query() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(dict(request.url.params))
        page = UserList(users=(), next_cursor={1: "a", 2: "b"}.get(len(asked)))
        return httpx2.Response(200, content=page.model_dump_json())

    http = httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://gateway")
    found = list(read_pages(Gateway(http, Patience(1.0)), "/users", UserList, {"all": "true"}))
    assert len(found) == 3
    cursors: tuple[dict[str, str], ...] = ({}, {"cursor": "a"}, {"cursor": "b"})
    assert asked == [{"all": "true"} | cursor for cursor in cursors]
