"""The access log outlives a disk that is full for a while."""

import asyncio

from ai4v.kit.background import beside
from ai4v.services.gateway.record.accesslog import AccessLine, AccessLog


class Disk:
    """Full at first."""

    def __init__(self) -> None:
        self.is_full = True
        self.loop = asyncio.get_running_loop()
        self.was_full = asyncio.Event()
        self.written: list[str] = []
        self.was_written = asyncio.Event()

    def write(self, text: str) -> None:
        if self.is_full:
            self.loop.call_soon_threadsafe(self.was_full.set)
            raise OSError("no space left on device")
        self.written.append(text)
        self.loop.call_soon_threadsafe(self.was_written.set)


def make_line(path: str) -> AccessLine:
    return AccessLine(0.0, "r", "t", "GET", path, 200, 1.0)


async def test_a_full_disk_costs_lines_that_are_counted_and_not_the_log() -> None:
    disk = Disk()
    log = AccessLog(disk.write, period_s=0.001)
    log.is_wanted = True
    async with beside("access log", log.run()):
        log.note(make_line("/lost"))
        await asyncio.wait_for(disk.was_full.wait(), 5)
        disk.is_full = False
        log.note(make_line("/kept"))
        await asyncio.wait_for(disk.was_written.wait(), 5)
    assert log.dropped == 1
    assert ["/kept" in text for text in disk.written] == [True]
