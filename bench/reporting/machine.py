"""machine - on what, and of what, it was measured."""
import os
import platform
import re
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def first_line(*command):
    """Of what a command says, here: git is to tell of this source."""
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=HERE,
                              timeout=10).stdout.splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return 'unknown'


def found(path, pattern):
    try:
        with open(path) as file:
            match = re.search(pattern, file.read(), re.M)
    except OSError:
        return 'unknown'
    return match.group(1) if match else 'unknown'


def file_system(path):
    """Type and device of what holds it: the mount with the longest name that leads there."""
    path, best = os.path.realpath(path), ('', 'unknown')
    with open('/proc/self/mountinfo') as mounts:
        for line in mounts:
            words = line.split()
            at, rest = words[4], words[words.index('-') + 1:]
            if os.path.commonpath([at, path]) == at and len(at) >= len(best[0]):
                best = (at, f'{rest[0]} on {rest[1]}')
    return best[1]


def cpu_model():
    return found('/proc/cpuinfo', r'^model name\s*: (.*)$')


def commit():
    return first_line('git', 'describe', '--always', '--dirty')


def lines(store_directory):
    memory = found('/proc/meminfo', r'^MemTotal:\s+(\d+)')
    gib = f'{int(memory) / 1048576:.1f} GiB' if memory.isdigit() else memory
    return [
        f'Machine: {cpu_model()}, {os.cpu_count()} CPUs, {gib} memory',
        f'Kernel: {platform.system()} {platform.release()}',
        f'File system of the store: {file_system(store_directory)}',
        f'Compiler: {first_line(os.environ.get("CC", "cc"), "--version")}',
        f'Flags: {os.environ.get("CFLAGS", "unknown")}',
        f'Commit: {commit()}',
        f'Date: {time.strftime("%Y-%m-%d", time.gmtime())}',
        'Load average at the end: ' + ' '.join(f'{load:.1f}' for load in os.getloadavg()),
    ]
