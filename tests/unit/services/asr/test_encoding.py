import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai4v.ports.audiocodec import InvalidAudioError
from ai4v.services.asr.encoding import decode_base64

_SLICE = 256 * 1024


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=4_000))
async def test_every_content_comes_back(content: bytes) -> None:
    assert await decode_base64(base64.b64encode(content).decode()) == content


@pytest.mark.parametrize("size", [196_607, 196_608, 196_609, 393_216, 500_000])
async def test_large_content_comes_back(size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert await decode_base64(base64.b64encode(content).decode()) == content


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "AA",
        "AA=",
        "AAA",
        "A===",
        "====",
        "AAAA AAAA",
        "AA==AAAA",
        "AA==\n",
        "-_-_",
        "न===",
    ],
)
async def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidAudioError):
        await decode_base64(text)


@pytest.mark.parametrize("place", [0, _SLICE - 2, _SLICE, _SLICE + 6, 2 * _SLICE - 1])
@pytest.mark.parametrize("sign", ["=", "!"])
async def test_fault_is_found_wherever_it_is(place: int, sign: str) -> None:
    text = "AAAA" * (_SLICE // 2 + 2)
    with pytest.raises(InvalidAudioError):
        await decode_base64(text[:place] + sign + text[place + 1 :])


async def test_padding_where_a_slice_ends_does_not_hide_what_follows() -> None:
    text = "A" * (_SLICE - 2) + "==" + "AAAA"
    with pytest.raises(InvalidAudioError):
        await decode_base64(text)
