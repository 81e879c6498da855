"""facts - what a reader has to know before he believes a figure."""
import os
import platform
import time

from kamailio import ALLOCATOR, CHILDREN
from load import TOOL
from machine import commit, cpu_model, file_system, first_line
from mariadb import EXTRA
from sipsilo import SETTINGS
from workloads import DUMP_DOMAINS, DUMPS_S, MESSAGES_A_USER, ROW_S, USERS

PACKAGES = ('kamailio', 'kamailio-mysql-modules', 'mariadb-server', 'libuv1', 'liblmdb0')
SYNCS = 200


def packages():
    return first_line('dpkg-query', '-W', '-f', '${Package} ${Version}  ', *PACKAGES)


def syncs_per_second(directory):
    """4 KiB appended and synced, again and again: what bounds every durable store here."""
    path = os.path.join(directory, 'syncs')
    block = b'\0' * 4096
    with open(path, 'wb', buffering=0) as file:
        began = time.monotonic()
        for _ in range(SYNCS):
            file.write(block)
            os.fdatasync(file.fileno())
        took = time.monotonic() - began
    os.remove(path)
    return SYNCS / took


def lines(directory, syncs):
    """Lines of Markdown. `syncs`: what the disk did before each round."""
    low, high = min(syncs), max(syncs)
    return '\n'.join('* ' + fact for fact in (
        f'Commit: {commit()}',
        f'Machine: {len(os.sched_getaffinity(0))} of {cpu_model()}, which load and servers share;'
        f' Linux {platform.release()}',
        f'Disk: {file_system(directory)}, both sides on it;'
        f' 4 KiB appended and synced {low:,.0f} to {high:,.0f} times a second',
        f'Packages: {packages()}',
        f'Load: {os.path.basename(TOOL)}, bodies of 128 octets, UDP unless said; {ROW_S} s a row,'
        f' {USERS:,} users; dumps of {MESSAGES_A_USER} to a user, again and again on one server'
        f' until the deliveries took {DUMPS_S} s, at most {len(DUMP_DOMAINS)} times',
        f'sipsilo: defaults and {" ".join(SETTINGS)}',
        f'Peer: bench/peer/kamailio.cfg, {CHILDREN} children, allocator {ALLOCATOR}; '
        'MariaDB with its defaults'
        + (f' and {" ".join(EXTRA)}' if EXTRA else '')
        + '. Who registers again before its timer of 5 s has taken out what it delivered gets that '
        'once more: so does the load after a dump, and counts it as doubled',
        'Durability: the defaults of both; each commit is synced before the 202')) + '\n'
