"""Numbers of Linux system calls that a locked-down process may not make, by kind of machine."""

from __future__ import annotations

from typing import NamedTuple


class Calls(NamedTuple):
    """System calls of a kind of machine.

    Attributes:
        machine: the kernel's number of the kind.
        seccomp: the call that installs a filter.
        refused: calls that are not permitted.
        absent: calls that look unknown, so that libc makes older ones, which can be judged.
        opens: calls that open files, with the index of the argument that has the flags.
        clone: starts a process or a thread; only threads are permitted.
        signal_thread: sends a signal to a thread; only to those of the process itself.
        limits: changes limits of a process; only of the process itself.
    """

    machine: int
    seccomp: int
    refused: tuple[int, ...]
    absent: tuple[int, ...]
    opens: tuple[tuple[int, int], ...]
    clone: int
    signal_thread: int
    limits: int


_COMMON = (
    *(424, 434, 438),  # pidfd_send_signal, pidfd_open, pidfd_getfd
    *(425, 426, 427),  # io_uring_setup, _enter, _register
    *(
        428,
        429,
        430,
        431,
        432,
        433,
        442,
    ),  # open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr
    *(452, 463, 466, 469),  # fchmodat2, setxattrat, removexattrat, file_setattr
)
_ABSENT = (435, 437)  # clone3, openat2

_X86_64 = Calls(
    machine=0xC000003E,
    seccomp=317,
    refused=(
        *_COMMON,
        *(41, 42, 43, 49, 50, 288),  # socket, connect, accept, bind, listen, accept4
        *(57, 58, 59, 322),  # fork, vfork, execve, execveat
        *(62, 200, 129, 297),  # kill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo
        *(
            101,
            310,
            311,
            298,
            321,
            323,
        ),  # ptrace, process_vm_readv, _writev, perf_event_open, bpf, userfaultfd
        *(155, 161, 165, 166, 272, 308),  # pivot_root, chroot, mount, umount2, unshare, setns
        *(
            248,
            249,
            250,
            304,
            141,
            203,
        ),  # add_key, request_key, keyctl, open_by_handle_at, setpriority, affinity
        *(29, 64, 68, 240),  # shmget, semget, msgget, mq_open
        *(76, 85, 285),  # truncate, creat, fallocate
        *(82, 83, 84, 86, 87, 88, 133),  # rename, mkdir, rmdir, link, unlink, symlink, mknod
        *(
            258,
            259,
            263,
            264,
            265,
            266,
            316,
        ),  # mkdirat, mknodat, unlinkat, renameat, linkat, symlinkat, renameat2
        *(90, 91, 268, 92, 93, 94, 260),  # chmod, fchmod, fchmodat, chown, fchown, lchown, fchownat
        *(132, 235, 261, 280),  # utime, utimes, futimesat, utimensat
        *(188, 189, 190, 197, 198, 199),  # setxattr, lsetxattr, fsetxattr, removexattr and its kin
    ),
    absent=_ABSENT,
    opens=((2, 1), (257, 2)),
    clone=56,
    signal_thread=234,
    limits=302,
)

_AARCH64 = Calls(
    machine=0xC00000B7,
    seccomp=277,
    refused=(
        *_COMMON,
        *(198, 200, 201, 202, 203, 242),  # socket, bind, listen, accept, connect, accept4
        *(221, 281),  # execve, execveat
        *(129, 130, 138, 240),  # kill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo
        *(
            117,
            270,
            271,
            241,
            280,
            282,
        ),  # ptrace, process_vm_readv, _writev, perf_event_open, bpf, userfaultfd
        *(39, 40, 41, 51, 97, 268),  # umount2, mount, pivot_root, chroot, unshare, setns
        *(
            217,
            218,
            219,
            265,
            140,
            122,
        ),  # add_key, request_key, keyctl, open_by_handle_at, setpriority, affinity
        *(180, 186, 190, 194),  # mq_open, msgget, semget, shmget
        *(45, 47),  # truncate, fallocate
        *(33, 34, 35, 36, 37, 38, 276),  # mknodat, mkdirat, unlinkat, symlinkat, linkat, renameat, renameat2
        *(52, 53, 54, 55, 88),  # fchmod, fchmodat, fchownat, fchown, utimensat
        *(5, 6, 7, 14, 15, 16),  # setxattr, lsetxattr, fsetxattr, removexattr and its kin
    ),
    absent=_ABSENT,
    opens=((56, 2),),
    clone=220,
    signal_thread=131,
    limits=261,
)

TABLES = {"x86_64": _X86_64, "aarch64": _AARCH64}
"""The calls by the name that `platform.machine` gives."""
