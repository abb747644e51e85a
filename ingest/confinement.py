"""Takes from a parser process what reading a file never needs: the network and other programs.

On Linux (x86-64, arm64) by a seccomp filter, which needs no rights and cannot be undone; elsewhere the limits
on time and memory must do, and the operator's container or firewall keeps the network away.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import signal
import struct
import sys
from typing import Any, Final

_PARENT_DEATH_SIGNAL, _NO_NEW_PRIVS, _SECCOMP, _FILTER = 1, 38, 22, 2  # prctl's numbers
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in what the filter is shown of a call
_X32: Final = 0x40000000  # the second set of numbers that 64-bit Intel kernels know

# socket, connect, bind, listen, execve, execveat, ptrace, process_vm_writev, io_uring_setup (sockets by another door)
_MACHINES: Final = {
    "x86_64": (0xC000003E, (41, 42, 49, 50, 59, 322, 101, 311, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 201, 221, 281, 117, 271, 425)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def forbid_network_and_programs() -> bool:
    """Refuse this process and its threads sockets and the start of programs from now on; False if that cannot be."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    code = _filter(*machine)
    held = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(held))
    return _prctl(_NO_NEW_PRIVS, 1) and _prctl(_SECCOMP, _FILTER, ctypes.byref(program))


def end_with_parent() -> None:
    """End this process when the worker that started it is killed, even in the middle of a file that never ends."""
    if sys.platform == "linux":
        _prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _prctl(option: int, value: int, pointer: Any = None) -> bool:
    zero = ctypes.c_ulong(0)
    called = ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), pointer or zero, zero, zero)
    return bool(called == 0)


def _filter(architecture: int, calls: tuple[int, ...]) -> bytes:
    refused = len(calls) + 2  # index of the last step, counted from the first comparison of a number
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_AT_LEAST, refused - 1, 0, _X32),
        *((_IF_EQUAL, refused - 2 - step, 0, number) for step, number in enumerate(calls)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
