from pathlib import Path

from ai4v.adapters.langid.evidence import count_votes, read_lists


def test_lists_say_which_languages_have_a_word(tmp_path: Path) -> None:
    (tmp_path / "hi_common.txt").write_text("# remark\nघर\n\nपानी\n", "utf-8")
    (tmp_path / "mai_common.txt").write_text("घर\n", "utf-8")
    (tmp_path / "ta_common.txt").write_text("வீடு\n", "utf-8")
    assert read_lists(tmp_path) == {"घर": {"hi", "mai"}, "पानी": {"hi"}}


def test_a_word_of_two_languages_shares_its_vote() -> None:
    lists = {"घर": frozenset({"hi", "mai"}), "किताबघर": frozenset({"hi"})}
    votes = count_votes(["घर"], "Deva", lists)
    assert votes["hi"] == votes["mai"] > 0
    assert count_votes(["किताबघर"], "Deva", lists)["hi"] == 2 * votes["hi"]


def test_a_letter_of_one_language_decides() -> None:
    votes = count_votes(["xৰx"], "Beng", {})
    assert votes["as"] > 0
    assert votes["bn"] == votes["mni"] == 0


def test_the_longest_ending_counts() -> None:
    votes = count_votes(["केटाकेटीहरू"], "Deva", {})
    assert votes["ne"] > 0
    assert sum(votes.values()) == votes["ne"]
