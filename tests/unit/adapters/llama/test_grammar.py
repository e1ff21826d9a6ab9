"""The grammars, read back by a small reader of what they use of GBNF."""

import re

import pytest

from ai4v.adapters.llama.grammar import make_grammar


def _pattern(grammar: str) -> re.Pattern[str]:
    """Make the regular expression that says the same as one of our grammars."""
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())

    def expand(body: str) -> str:
        tokens = re.findall(r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]\*?|[()|*+]|\w+', body)
        return "".join(_token(each, rules, expand) for each in tokens)

    return re.compile(expand(rules["root"]))


def _token(token: str, rules: dict[str, str], expand: "object") -> str:
    if token in rules:
        assert callable(expand)
        return f"(?:{expand(rules[token])})"
    if token in ('"\\n"', '" "'):
        return "\n" if "n" in token else " "
    if token[0] == '"':
        points = re.findall(r"\\U(.{8})", token)
        assert len(token) == 2 + 10 * len(points)
        return re.escape("".join(chr(int(point, 16)) for point in points))
    if token[0] == "[":
        return re.sub(r"\\U(.{8})", lambda found: re.escape(chr(int(found[1], 16))), token)
    return token


@pytest.mark.parametrize(
    ("target", "kept", "text", "is_allowed"),
    [
        ("hi", (), " मेरे पिता शिक्षक हैं।", True),
        ("hi", (), " मेरे पिता teacher हैं।", False),
        ("hi", (), " मेरे 5 पिता", False),
        ("hi", (), " मेरे ५ पिता", False),
        ("hi", (), " ।।", False),
        ("hi", ("5",), " मेरे 5 भाई", True),
        ("hi", ("5",), " 5", False),
        ("hi", ("5",), " मेरे भाई", False),
        ("hi", ("5",), " मेरे 5 भाई 5", False),
        ("hi", ("5", "b@c.de"), " b@c.de पर 5", True),
        ("hi", ("1", "2", "3"), " क 1 2 3", True),
        ("hi", ("1", "2", "3"), " क 3 2 1", False),
        ("hi", ("7", "85%"), " क 7, 85% क", True),
        ("hi", ("7", "85%"), " क 7:85%", False),
        ("hi", ("7", "85%"), " क 785%", False),
        ("hi", ("7", "85%"), " क 85%-7", True),
        ("en", ("1", "2", "3"), " at 1 2:3", False),
        ("en", ("1", "2", "3"), " at 1x2 3", False),
        ("en", ("$5", "$9"), " for $5-$9", True),
        ("bn", (), " আমার বাবা", True),
        ("bn", (), " मेरे पिता", False),
        ("en", ('"\\]"',), ' say "\\]" now', True),
        ("en", (), " café, isn't it?", True),
        ("en", (), " मेरे", False),
    ],
)
def test_allows_the_script_and_what_is_kept(
    target: str, kept: tuple[str, ...], text: str, *, is_allowed: bool
) -> None:
    assert (
        bool(_pattern(make_grammar(target, kept, is_strict=True)).fullmatch(f"{text}\n"))
        is is_allowed
    )


@pytest.mark.parametrize(
    "kept", ['"', "\\", "]", '" root ::= [0-9]', "https://é.example/🙏?q=\\U0"]
)
def test_hostile_strings_stay_inside_their_literal(kept: str) -> None:
    grammar = make_grammar("hi", (kept,), is_strict=True)
    assert len(grammar.splitlines()) == 4
    assert _pattern(grammar).fullmatch(f"क{kept}\n")


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [(" मेरे भाई", True), (" 5 भाई 7 5", True), ("5", False), (" मेरे 6 भाई", False), ("5भाई7", True)],
)
def test_what_is_kept_may_be_left_to_the_sentence(text: str, *, is_allowed: bool) -> None:
    pattern = _pattern(make_grammar("hi", ("5", "7"), is_strict=False))
    assert bool(pattern.fullmatch(f"{text}\n")) is is_allowed
