"""What a process and everything that it has started have used, read from /proc."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


class Used(NamedTuple):
    """CPU seconds (user and system) since the start, resident memory now."""

    cpu_s: float
    rss_kb: int


def used_by(pids: Iterable[int]) -> Used:
    """The sum over some processes and all their descendants."""
    children: dict[int, list[int]] = defaultdict(list)
    used: dict[int, Used] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue  # gone meanwhile
        # proc(5): the name in parentheses may hold anything, so count from behind it.
        fields = stat.rpartition(")")[2].split()
        children[int(fields[1])].append(int(entry.name))
        used[int(entry.name)] = Used((int(fields[11]) + int(fields[12])) / TICKS_PER_S, int(fields[21]) * PAGE_KB)
    tree, seen = list(pids), set[int]()
    while tree:
        pid = tree.pop()
        if pid in used and pid not in seen:
            seen.add(pid)
            tree += children[pid]
    return Used(sum(used[pid].cpu_s for pid in seen), sum(used[pid].rss_kb for pid in seen))
