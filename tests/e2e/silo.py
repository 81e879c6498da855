"""silo - the real binary, started, killed and started again on one store and one port.

    with Silo() as silo:            # a directory, a free port for UDP and TCP
        silo.kill(); silo.start()   # kill -9, and again
        silo.command('list', '--json')

Everything that is started is ended by its own pid, and the directory goes with the object.
"""
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get('SIPSILO', os.path.join(ROOT, 'build', 'sipsilo'))


def free_port():
    """Free for UDP and TCP, and outside of what the kernel hands out by itself, so that it
    is still free after a restart."""
    while True:
        port = random.randint(20000, 32000)
        try:
            with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
                tcp.bind(('127.0.0.1', port))
                udp.bind(('127.0.0.1', port))
                return port
        except OSError:
            continue


class StartFailed(Exception):
    pass


class Silo:
    def __init__(self, settings=(), directory=None, start=True, preexec=None, under=()):
        self.directory = directory or tempfile.mkdtemp(prefix='sipsilo-e2e-')
        self.owns_directory = directory is None
        self.store = os.path.join(self.directory, 'store')
        self.log_path = os.path.join(self.directory, 'log')
        self.settings = list(settings)
        self.preexec = preexec
        self.under = list(under)  # what runs the binary: valgrind with its options
        self.process = None
        self.port = free_port()
        if start:
            self.start_anywhere()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        if self.owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def address(self):
        return ('127.0.0.1', self.port)

    def options(self):
        settings = [f'core.listen=udp:127.0.0.1:{self.port},tcp:127.0.0.1:{self.port}',
                    f'msilo.db_url=lmdb:{self.store}'] + self.settings
        return [part for setting in settings for part in ('-o', setting)]

    def start_anywhere(self, seconds=10):
        """The first start: somebody may have taken the port since it was free."""
        for _ in range(5):
            try:
                return self.start(seconds)
            except StartFailed:
                if 'listen_failed' not in self.log():
                    raise
                self.port = free_port()
        raise StartFailed('no free port')

    def start(self, seconds=10):
        self.log_start = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen([*self.under, BINARY, 'serve'] + self.options(),
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.directory, preexec_fn=self.preexec)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if 'server.ready' in self.log():
                return self
            if self.process.poll() is not None:
                raise StartFailed(f'exit code {self.process.returncode}: {self.log()}')
            time.sleep(0.003)
        self.kill()
        raise StartFailed(f'not ready within {seconds} s: {self.log()}')

    def log(self, whole=False):
        """What this run has logged, or all of them."""
        with open(self.log_path, 'rb') as log:
            log.seek(0 if whole else self.log_start)
            return log.read().decode(errors='replace')

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self, seconds=10):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def restart(self):
        self.kill()
        return self.start()

    def command(self, *words, input=None, code=0):
        """A command on the store of this server; its standard output."""
        done = subprocess.run([BINARY, *words, *self.options()], input=input, timeout=60,
                              cwd=self.directory, capture_output=True)
        if done.returncode != code:
            raise AssertionError(f'{words}: exit code {done.returncode}, wanted {code}: '
                                 f'{done.stdout[-400:]!r} {done.stderr[-400:]!r}')
        return done.stdout

    def objects(self, *words):
        return [json.loads(line) for line in self.command(*words).splitlines()]

    def count(self):
        return len(self.objects('list', '--json'))

    def status(self, key, file='status'):
        """A line of /proc/PID/status, as VmRSS, or of another file: in its own unit."""
        with open(f'/proc/{self.process.pid}/{file}') as status:
            found = re.search(rf'^{key}:\s+(\d+)', status.read(), re.M)
        if found is None:
            raise ProcessLookupError(f'no {key}: the server has ended')
        return int(found.group(1))

    def rss_kib(self):
        return self.status('VmRSS')

    def cpu_s(self):
        """User and system time so far."""
        with open(f'/proc/{self.process.pid}/stat') as stat:
            fields = stat.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def run(*words, directory=None, input=None, limit_file_size=None):
    """The binary with these arguments alone: (exit code, stdout, stderr)."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_file_size, limit_file_size))

    done = subprocess.run([BINARY, *words], input=input, timeout=30, cwd=directory,
                          capture_output=True, preexec_fn=limit if limit_file_size else None)
    return done.returncode, done.stdout.decode(), done.stderr.decode(errors='replace')


def wait_until(condition, seconds=10, step=0.02):
    """The first true value of `condition`, or its last false one."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() >= end:
            return value
        time.sleep(step)
