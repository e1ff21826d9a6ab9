"""Whether an English text keeps the meaning of a sentence: by groups of words, all to be said."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """Groups of words of which each must be said."""

    groups: tuple[re.Pattern[str], ...]

    def is_kept_in(self, text: str) -> bool:
        """Tell whether `text` has a word of every group."""
        return all(group.search(text) for group in self.groups)


def parse_meaning(keywords: str) -> Meaning:
    """Read groups behind `;`, and in each alternatives behind `|`: the beginnings of words."""
    groups = [group.split("|") for group in keywords.split(";") if group]
    return Meaning(tuple(_compile(group) for group in groups))


def _compile(words: list[str]) -> re.Pattern[str]:
    """Match any of the words where a word begins; `n't` stands at the end of one."""
    starts = "|".join(re.escape(word) for word in words if word != "n't")
    negation = "|n't" if "n't" in words else ""
    return re.compile(rf"\b(?:{starts}){negation}", re.IGNORECASE)
