import pytest

from ai4v.kit.audiokind import AudioKind, identify, skip_id3
from tests.support.sound import FORMATS, Format, encode, tone

_ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128)


@pytest.mark.parametrize("kind", FORMATS)
def test_knows_what_it_is_told(kind: Format) -> None:
    content = encode(tone(0.2), 16_000, kind)
    expected = AudioKind.OGG if kind in {"vorbis", "opus"} else AudioKind(kind)
    assert identify(memoryview(content)) is expected
    assert identify(memoryview(_ID3 + content)) is expected


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xf1\x50\x80", AudioKind.AAC),
        (b"\x00\x00\x00\x18ftypM4A ", AudioKind.MP4),
        (b"RIFF\x00\x00\x00\x00AVI ", AudioKind.AVI),
        (b"RIFF\x00\x00\x00\x00WEBP", None),
        (b"\xff\xfe\x48\x00\x69\x00", None),
        (b"\xff\xfd\x90\x64", None),
        (b"", None),
        (b"\xff", None),
        (b"plain text", None),
    ],
)
def test_knows_the_first_bytes(head: bytes, kind: AudioKind | None) -> None:
    assert identify(memoryview(head)) is kind


def test_a_tag_with_a_footer_is_longer() -> None:
    tag = bytearray(_ID3)
    assert skip_id3(memoryview(tag)) == 138
    tag[5] = 0x10
    assert skip_id3(memoryview(tag)) == 148
