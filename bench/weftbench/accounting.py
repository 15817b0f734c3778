"""What a group of processes used: CPU from the scheduler's per-task clock, memory from smaps."""

import os


def cpu_ns(pids):
    """Nanoseconds on CPU, user and kernel, of all tasks of the processes (/proc/PID/task/TID/schedstat).

    Loopback delivery runs in the sender's context, so a proxy pays for the packets it sends, as on a real link.
    """
    total = 0
    for pid in pids:
        folder = f"/proc/{pid}/task"
        for task in os.listdir(folder):
            with open(f"{folder}/{task}/schedstat") as schedstat:
                total += int(schedstat.read().split()[0])
    return total


def memory_kib(pids):
    """(RSS, PSS) in KiB, summed over the processes; PSS shares pages that several processes map."""
    rss = pss = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            for line in rollup:
                if line.startswith("Rss:"):
                    rss += int(line.split()[1])
                elif line.startswith("Pss:"):
                    pss += int(line.split()[1])
    return rss, pss


def family(pid):
    """The process and all its descendants."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            for child in children.read().split():
                found += family(int(child))
    return found
