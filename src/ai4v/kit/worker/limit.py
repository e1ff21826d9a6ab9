"""What a worker process may use, and how it is bound to its parent's life."""

import ctypes
import os
import resource
import signal
import sys

import msgspec

_PR_SET_PDEATHSIG = 1
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Limits(msgspec.Struct, frozen=True):
    """Bounds that a worker process puts on itself before it loads its engine."""

    address_space_bytes: int | None = None
    """RLIMIT_AS; an allocation beyond it fails in the worker."""
    nice: int = 0
    """Added to the parent's niceness."""
    threads: int | None = None
    """Threads of the numeric libraries (OpenMP, OpenBLAS, MKL); None leaves them their own."""


def thread_environment(limits: Limits) -> dict[str, str]:
    """Return the variables by which the numeric libraries learn their thread count."""
    if limits.threads is None:
        return {}
    return dict.fromkeys(_THREAD_VARIABLES, str(limits.threads))


def apply_limits(limits: Limits) -> None:
    """Bind this process; there is no way back."""
    if limits.address_space_bytes is not None:
        bound = limits.address_space_bytes
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    if limits.nice:
        os.nice(limits.nice)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with_parent(parent_pid: int) -> None:
    """Let the kernel kill this process when its parent dies; exit when it already has.

    Elsewhere than on Linux the end of the request pipe does the same between two calls.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent_pid:
        raise SystemExit("the parent is gone")
