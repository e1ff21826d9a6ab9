import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.services.tts.joint import find_joints
from ai4v.services.tts.normalization import UnreadableTextError, clean
from ai4v.services.tts.sentence import Pause, cut_text


def _texts(text: str, limit: int = 200) -> list[str]:
    return [piece.text for piece in cut_text(text, max_characters=limit)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ("राम आया। सीता गई॥ फिर?", ["राम आया।", "सीता गई॥", "फिर?"]),
        ("राम आया।सीता गई।", ["राम आया।", "सीता गई।"]),
        ("آپ کیسے ہیں؟ میں ٹھیک ہوں۔ شکریہ", ["آپ کیسے ہیں؟", "میں ٹھیک ہوں۔", "شکریہ"]),
        ('He said "Go." She went.', ['He said "Go."', "She went."]),
        ("What?! Really...", ["What?!", "Really..."]),
        ("first line\nsecond line", ["first line", "second line"]),
    ],
)
def test_cut_at_the_ends_of_sentences(text: str, pieces: list[str]) -> None:
    assert _texts(text) == pieces


@pytest.mark.parametrize(
    "text",
    [
        "It costs 3.5 of them.",
        "Dr. Rao met Mrs. Iyer.",
        "डॉ. राव आए।",
        "A. P. J. Abdul Kalam",
        "A.P.J. Abdul Kalam",
        "Rs. five hundred only",
        "See www.example.org/a?b=1.html now",
        "Write to info@example.co.in today",
        "It was approx. five of them",
        "e.g. This one",
    ],
)
def test_not_cut_within_a_sentence(text: str) -> None:
    assert _texts(text) == [text]


def test_pause_tells_what_was_there() -> None:
    pieces = cut_text("One. Two.\nThree, " + "word " * 50, max_characters=200)
    assert [piece.pause for piece in pieces] == [
        Pause.SENTENCE,
        Pause.PARAGRAPH,
        Pause.NONE,
        Pause.PARAGRAPH,
    ]


def test_long_sentence_is_cut_at_its_last_clause_that_fits() -> None:
    text = "word " * 30 + "end, and " + "more " * 20
    first, second = cut_text(text.strip(), max_characters=180)
    assert first.text.endswith("end,")
    assert first.pause is Pause.CLAUSE
    assert second.text.startswith("and more")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("When the rain had ended at last, we all went, tired, to the fields again.", 32),
        ("When the rain had ended at last, we all ate.", 44),
        ("Well, after a night of heavy rain, we all went to the fields again.", 34),
        ("After a night of heavy rain we all went out to the fields again and worked.", 75),
    ],
)
def test_first_piece_of_a_long_sentence_is_its_first_clause(text: str, first: int) -> None:
    assert _texts(text)[0] == text[:first]


@pytest.mark.parametrize(
    ("text", "language", "pieces"),
    [
        (
            "The train to Mumbai leaves from platform four at nine in the evening.",
            "en",
            ["The train to Mumbai leaves", "from platform four at nine in the evening."],
        ),
        ("The rain came and we stayed here.", "en", ["The rain came", "and we stayed here."]),
        ("We went to the fields and sang.", "en", ["We went to the fields and sang."]),
        ("We go home at nine and eat.", "en", ["We go home at nine and eat."]),
        (
            "When the rain had ended at last, we all went to the fields again.",
            "en",
            ["When the rain had ended at last,", "we all went to the fields again."],
        ),
        (
            "डॉक्टर ने परिवार को बताया कि मरीज़ कुछ दिनों में ठीक हो जाएगा।",
            "hi",
            ["डॉक्टर ने परिवार को बताया", "कि मरीज़ कुछ दिनों में ठीक हो जाएगा।"],
        ),
    ],
)
def test_who_waits_hears_the_beginning_up_to_a_joint(
    text: str, language: str, pieces: list[str]
) -> None:
    cut = cut_text(text, max_characters=200, joints=find_joints(language))
    assert [piece.text for piece in cut] == pieces
    assert cut[0].pause is (Pause.NONE if pieces[0][-1].isalpha() else cut[0].pause)


def test_pieces_cut_at_joints_grow_no_faster_either() -> None:
    text = "Early in the morning we left" + " and then we went a little further" * 7 + "."
    cut = cut_text(text, max_characters=200, joints=find_joints("en"))
    lengths = [len(piece.text) for piece in cut]
    assert lengths[0] <= 30
    assert all(length <= 3 * sum(lengths[:at]) for at, length in enumerate(lengths) if at)


def test_pieces_grow_no_faster_than_a_listener_can_be_kept_busy() -> None:
    clause = "and then we went a little further on, "
    text = "Early in the morning we left, " + clause * 11 + "and that was all."
    lengths = [len(piece) for piece in _texts(text)]
    assert lengths[0] == 29
    assert all(length <= 3 * sum(lengths[:at]) for at, length in enumerate(lengths) if at)
    assert lengths[1] > 2 * lengths[0]
    assert max(lengths) > 150


def test_mark_stays_with_its_letter() -> None:
    for piece in _texts("क्षि" * 30, 10):
        assert piece.startswith("क्षि")


@given(st.text(alphabet="ab।.,!? \nकि्ष्3؟۔…A'\"", max_size=200), st.integers(2, 40))
def test_nothing_is_lost_and_nothing_too_long(text: str, limit: int) -> None:
    try:
        cleaned = clean(text)
    except UnreadableTextError:
        return
    pieces = _texts(cleaned, limit)
    assert "".join("".join(pieces).split()) == "".join(cleaned.split())
    assert all(0 < len(piece) <= limit for piece in pieces)
