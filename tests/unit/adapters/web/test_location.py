import pytest

from ai4v.adapters.web.location import MAX_CHARACTERS, read_location
from ai4v.ports.fetcher import FetchRefusedError


@pytest.mark.parametrize(
    ("url", "origin", "authority", "target"),
    [
        ("https://a.example", "https://a.example:443", "a.example", "/"),
        ("https://a.example:443/x", "https://a.example:443", "a.example", "/x"),
        ("HTTPS://A.Example/X?Y=%2F#z", "https://a.example:443", "a.example", "/X?Y=%2F"),
        ("https://a.example?x", "https://a.example:443", "a.example", "/?x"),
        ("https://a.example/x?@b:c/d", "https://a.example:443", "a.example", "/x?@b:c/d"),
        ("https://a.example#@b.example/", "https://a.example:443", "a.example", "/"),
        ("http://a.example:8080/", "http://a.example:8080", "a.example:8080", "/"),
        ("http://a_b-c.example/", "http://a_b-c.example:80", "a_b-c.example", "/"),
        ("https://1.2.3.4/", "https://1.2.3.4:443", "1.2.3.4", "/"),
        ("https://[2606:0:0::1]/", "https://[2606::1]:443", "[2606::1]", "/"),
        ("https://[::1]:99/", "https://[::1]:99", "[::1]:99", "/"),
        ("https://xn--p1b.example/", "https://xn--p1b.example:443", "xn--p1b.example", "/"),
    ],
)
def test_what_is_read(url: str, origin: str, authority: str, target: str) -> None:
    location = read_location(url)
    assert location.origin == origin
    assert location.authority == authority
    assert location.target == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example/x",
        "//a.example/x",
        "https:a.example",
        "https:/a.example",
        "https://",
        "https:///x",
        "https://?x",
        "https://:443/",
        "https://a.example:/",
        "https://a.example:https/",
        "https://a.example:443:443/",
        "https://a.example:+443/",
        "https://a.example:000443/",
        "https://a.example./x",
        "https://.a.example/x",
        "https://a..example/x",
        "https://-a.example/x",
        "https://a%2eexample/x",
        "https://127.0.0.1%2f@a.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        "https://user@a.example/",
        "https://user:secret@a.example/",
        "https://a.example@127.0.0.1/",
        "https://a.example:443@127.0.0.1/",
        "https://@a.example/",
        "https://a.example\\@127.0.0.1/",
        "https://127.0.0.1\\.a.example/",
        "https://a.example /x",
        " https://a.example/x",
        "https://a.example/x\n",
        "https://a.example/x\r\nHost: b.example",
        "https://a.example/\x00",
        "https://a.exa\tmple/",
        "https://a.example/\x7f",
        "https://127。0。0。1/",
        "https://a．example/",
        "https://ⓐ.example/",
        "https://a.example/आवाज़.wav",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.1/",
        "https://127.0.0.01/",
        "https://127.0.0.0x1/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
        "https://a.example.1/",
        "https://0x/",
        "https://1.2.3.4./",
        "https://[::1/",
        "https://::1/",
        "https://[]/",
        "https://[a.example]/",
        "https://[::1].a.example/",
        "https://a.example[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[1.2.3.4]/",
        "ftp://a.example/",
        "file:///x",
        "data:audio/wav;base64,AAAA",
        "javascript:1",
    ],
)
def test_what_is_refused(url: str) -> None:
    with pytest.raises(FetchRefusedError) as refusal:
        read_location(url)
    assert "example" not in refusal.value.message


def test_the_length_is_bounded() -> None:
    start = "https://a.example/"
    url = start + "x" * (MAX_CHARACTERS - len(start))
    assert read_location(url).target.endswith("x")
    with pytest.raises(FetchRefusedError, match="longer"):
        read_location(url + "x")


def test_a_user_name_is_called_one() -> None:
    with pytest.raises(FetchRefusedError, match="user name"):
        read_location("https://a.example@127.0.0.1/")
