"""machine - what a reader has to know before he believes a figure."""
import os
import platform
import re
import subprocess
import time

from kamailio import ALLOCATOR, CHILDREN
from load import TOOL
from mariadb import EXTRA
from root import ROOT
from sipsilo import SETTINGS

PACKAGES = ('kamailio', 'kamailio-mysql-modules', 'mariadb-server', 'libuv1', 'liblmdb0')
SYNCS = 200


def output(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True, cwd=ROOT,
                              check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return 'unknown'


def cpu():
    with open('/proc/cpuinfo') as info:
        found = re.search(r'^model name\s*: (.*)', info.read(), re.M)
    return f'{len(os.sched_getaffinity(0))} of {found.group(1) if found else platform.machine()}'


def packages():
    return output('dpkg-query', '-W', '-f', '${Package} ${Version}  ', *PACKAGES)


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


def facts(directory, syncs):
    """Lines of Markdown. `syncs`: what the disk did before each round."""
    low, high = min(syncs), max(syncs)
    return '\n'.join('* ' + fact for fact in (
        f'Commit: {output("git", "describe", "--always", "--dirty")}',
        f'Machine: {cpu()}, which load and servers share; Linux {platform.release()}',
        f'Disk: {output("stat", "-f", "-c", "%T", directory)}, both sides on it;'
        f' 4 KiB appended and synced {low:,.0f} to {high:,.0f} times a second',
        f'Packages: {packages()}',
        f'Load: {os.path.basename(TOOL)}, bodies of 128 octets, 10 to a user, UDP unless said',
        f'sipsilo: defaults and {" ".join(SETTINGS)}',
        f'Peer: bench/peer/kamailio.cfg, {CHILDREN} children, allocator {ALLOCATOR}; '
        'MariaDB with its defaults'
        + (f' and {" ".join(EXTRA)}' if EXTRA else ''),
        'Durability: the defaults of both; each commit is synced before the 202')) + '\n'
