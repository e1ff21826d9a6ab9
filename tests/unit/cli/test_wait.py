"""Waiting for a process to end."""

import os
import subprocess
import sys

from ai4v.cli.wait import is_running, wait_until


def test_this_process_runs() -> None:
    assert is_running(os.getpid())


def test_one_that_ended_does_not_run_collected_or_not() -> None:
    child = subprocess.Popen((sys.executable, "-c", ""))
    assert wait_until(lambda: not is_running(child.pid), timeout_s=20)
    child.wait()
    assert not is_running(child.pid)
