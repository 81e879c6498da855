"""processes - those that make up a server: who they are, what they hold, how they end."""
import os
import re
import signal
import subprocess
import time

LOOK_S, REST_TICKS, REST_S = 0.5, 2, 10


def status(pid):
    """The fields of /proc/PID/stat behind the name: state, parent and so on."""
    with open(f'/proc/{pid}/stat') as stat:
        return stat.read().rpartition(')')[2].split()


def parents():
    """Of all processes, as pairs of child and parent."""
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                yield int(entry), int(status(entry)[1])
            except OSError:
                continue  # it has ended since


def family(pid):
    """A process and all that descend from it."""
    found, pairs = {pid}, sorted(parents())
    while True:
        more = {child for child, parent in pairs if parent in found} - found
        if not more:
            return sorted(found)
        found |= more


def memory_kib(pids):
    """What they hold, pages that several share divided among them (PSS)."""
    total = 0
    for pid in pids:
        with open(f'/proc/{pid}/smaps_rollup') as rollup:
            total += int(re.search(r'^Pss:\s+(\d+)', rollup.read(), re.M).group(1))
    return total


def cpu_ticks(pids):
    """User and system time so far."""
    return sum(int(field) for pid in pids for field in status(pid)[11:13])


def cpu_s(pids):
    return cpu_ticks(pids) / os.sysconf('SC_CLK_TCK')


def rest(pids):
    """Waits until they have nothing to do any more; ten seconds, if they always have."""
    end, before = time.monotonic() + REST_S, cpu_ticks(pids)
    while time.monotonic() < end:
        time.sleep(LOOK_S)
        now = cpu_ticks(pids)
        if now - before < REST_TICKS:
            return
        before = now


def start(words, directory, log_path, environment=None):
    """In a process group of its own, so that its children end with it."""
    with open(log_path, 'ab') as log:
        return subprocess.Popen(words, cwd=directory, stdin=subprocess.DEVNULL, stdout=log,
                                stderr=log, start_new_session=True,
                                env={**os.environ, **(environment or {})})


def stop(process, seconds=30):
    """SIGTERM, and time to finish; True: it took the chance."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        kill(process)
        return False


def kill(process):
    """kill -9, its children too."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
