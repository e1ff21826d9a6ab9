from pathlib import Path

from ai4v.cli.log import note, open_log, quote_tail, read_tail, rotate


def write(path: Path, text: str) -> None:
    with open_log(path) as log:
        log.write(text.encode())


class TestRotate:
    def test_small_log_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "a.log"
        write(path, "12345")
        rotate(path, largest_bytes=5)
        assert path.read_text() == "12345"

    def test_missing_log_is_no_error(self, tmp_path: Path) -> None:
        rotate(tmp_path / "a.log")
        assert list(tmp_path.iterdir()) == []

    def test_process_goes_on_writing_at_the_start(self, tmp_path: Path) -> None:
        path = tmp_path / "a.log"
        with open_log(path) as log:
            log.write(b"before")
            rotate(path, largest_bytes=5)
            log.write(b"after")
        assert path.read_text() == "after"
        assert (tmp_path / "a.log.1").read_text() == "before"

    def test_three_old_ones_are_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "a.log"
        for number in range(5):
            write(path, f"{number}")
            rotate(path, largest_bytes=0)
        kept = {file.name: file.read_text() for file in tmp_path.iterdir()}
        assert kept == {"a.log": "", "a.log.1": "4", "a.log.2": "3", "a.log.3": "2"}

    def test_where_there_is_no_room_all_stays_as_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "a.log"
        write(tmp_path / "a.log.1", "old")
        write(path, "12345")
        (tmp_path / "a.log.copy").mkdir()
        rotate(path, largest_bytes=0)
        assert path.read_text() == "12345"
        assert (tmp_path / "a.log.1").read_text() == "old"

    def test_logs_are_for_the_owner_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "a.log"
        write(path, "x")
        rotate(path, largest_bytes=0)
        assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


class TestNote:
    def test_a_line_says_when(self, tmp_path: Path) -> None:
        note(tmp_path / "a.log", "hello")
        note(tmp_path / "a.log", "there")
        lines = [line.split("Z ") for line in (tmp_path / "a.log").read_text().splitlines()]
        assert [line for _, line in lines] == ["hello", "there"]

    def test_what_cannot_be_noted_harms_nobody(self, tmp_path: Path) -> None:
        note(tmp_path / "missing" / "a.log", "hello")


class TestReadTail:
    def test_last_lines_come_in_order(self, tmp_path: Path) -> None:
        write(tmp_path / "a.log", "1\n2\n3\n")
        assert read_tail(tmp_path / "a.log", 2) == ["2", "3"]
        assert read_tail(tmp_path / "a.log", 0) == []

    def test_missing_log_has_none(self, tmp_path: Path) -> None:
        assert read_tail(tmp_path / "a.log", 2) == []


def test_quoted_lines_are_few_and_their_ends_shown(tmp_path: Path) -> None:
    write(tmp_path / "a.log", "\n".join(["x" * 1_000 + "end"] * 20))
    lines = quote_tail(tmp_path / "a.log").splitlines()
    assert len(lines) == 6
    assert all(line.endswith("end") and len(line) < 320 for line in lines)
