"""One system call inside a live process that is not ours, by ptrace.

A debugger does the same, but saves and restores vector registers, which not
every one of them can on every processor. x86-64 only.
"""
import ctypes
import os
import pathlib
import signal

PTRACE_PEEKDATA, PTRACE_POKEDATA, PTRACE_SINGLESTEP = 2, 5, 9
PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_ATTACH, PTRACE_DETACH = 12, 13, 16, 17
OPENAT, AT_FDCWD = 257, -100
SYSCALL = b"\x0f\x05"

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p]


class Registers(ctypes.Structure):
    """struct user_regs_struct."""
    _fields_ = [(name, ctypes.c_ulonglong) for name in (
        "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8",
        "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags",
        "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs")]


def ptrace(request, pid, address=None, data=None):
    ctypes.set_errno(0)
    result = libc.ptrace(request, pid, address, data)
    if result == -1 and ctypes.get_errno() != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def instruction(pid):
    """The address of a syscall instruction in the process's C library."""
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, *_, name = line.split()
        if "x" not in rights or "libc" not in os.path.basename(name):
            continue
        start, end = (int(x, 16) for x in span.split("-"))
        with open(f"/proc/{pid}/mem", "rb") as memory:
            memory.seek(start)
            return start + memory.read(end - start).index(SYSCALL)
    raise LookupError(f"no C library in process {pid}")


def call(pid, number, arguments, scratch=b""):
    """
    Makes the process do a system call; what it returned. scratch is put
    below its stack, and an argument that is None becomes its address.
    """
    ptrace(PTRACE_ATTACH, pid)
    os.waitpid(pid, 0)
    try:
        kept, changed = Registers(), Registers()
        ptrace(PTRACE_GETREGS, pid, None, ctypes.byref(kept))
        ctypes.memmove(ctypes.byref(changed), ctypes.byref(kept),
                       ctypes.sizeof(kept))
        room = (kept.rsp - 4096) & ~15
        for at in range(0, len(scratch), 8):
            word = int.from_bytes(scratch[at:at + 8].ljust(8, b"\0"), "little")
            ptrace(PTRACE_POKEDATA, pid, room + at, word)
        names = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
        for name, value in zip(names, arguments):
            value = room if value is None else value
            setattr(changed, name, value & (1 << 64) - 1)
        changed.rax, changed.rip = number, instruction(pid)
        # What it was in is not started again before ours.
        changed.orig_rax = (1 << 64) - 1
        ptrace(PTRACE_SETREGS, pid, None, ctypes.byref(changed))
        ptrace(PTRACE_SINGLESTEP, pid)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSTOPPED(status), status
        assert os.WSTOPSIG(status) == signal.SIGTRAP, status
        ptrace(PTRACE_GETREGS, pid, None, ctypes.byref(changed))
        ptrace(PTRACE_SETREGS, pid, None, ctypes.byref(kept))
        return ctypes.c_longlong(changed.rax).value
    finally:
        ptrace(PTRACE_DETACH, pid)


def open_in(pid, path):
    """open(path) for reading inside a process: a descriptor, or -errno."""
    return call(pid, OPENAT, (AT_FDCWD, None, os.O_RDONLY, 0),
                os.fsencode(path) + b"\0")
