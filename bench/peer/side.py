"""side - one of the two that are compared: a server with all that belongs to it.

    side.prepare()                      once: an empty store, kept as 'empty'
    side.start('empty')                 on a copy of a store that was kept, on a new port
    ... side.address, side.pids() ...
    side.fill(count, users)             so that messages wait
    side.check()                        that it runs still
    side.settle()                       until what it keeps for a while has gone
    side.keep('waiting')                ends it in peace; its store is one that may be started
    side.restart_seconds()              kill -9 of all of it, until it answers again
    side.restart_alone_seconds()        the same of the SIP server, its database left alone
    side.kill()

A subclass says how a store is created, what is launched, and which processes that makes.
Both sides' stores lie in `place`, on one file system; `sockets` has a short path.
"""
import os
import shutil
import socket
import time

import processes
from silo import free_port

READY_S = 30
POLL_S = 0.005


class Side:
    name = ''
    is_ours = False
    settle_s = 0

    def __init__(self, place, sockets):
        self.place = place
        self.sockets = sockets
        self.store = os.path.join(place, 'store')
        self.log_path = os.path.join(sockets, f'{type(self).__name__.lower()}.log')
        self.process = None
        self.port = 0

    @property
    def address(self):
        return ('127.0.0.1', self.port)

    def kept(self, name):
        return os.path.join(self.place, name)

    def prepare(self):
        self.create()
        os.rename(self.store, self.kept('empty'))

    def start(self, name):
        """What was copied is written before anybody syncs, so that no one waits for it."""
        shutil.rmtree(self.store, ignore_errors=True)
        shutil.copytree(self.kept(name), self.store)
        os.sync()
        self.port = free_port()
        self.launch()
        self.wait()

    def wait(self):
        """Until it answers an OPTIONS over UDP, and one over TCP: then all its processes run."""
        end = time.monotonic() + READY_S
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            while not self.answers(kind):
                if time.monotonic() > end or self.process.poll() is not None:
                    raise RuntimeError(f'{self.name} did not start: {self.log()[-2000:]}')

    def answers(self, kind):
        with socket.socket(socket.AF_INET, kind) as link:
            try:
                link.settimeout(1 if kind == socket.SOCK_STREAM else POLL_S)
                link.connect(self.address)
                link.sendall(self.question(link, kind))
                return link.recv(65536).startswith(b'SIP/2.0 200')
            except TimeoutError:
                return False
            except ConnectionError:  # nobody listens yet
                time.sleep(POLL_S)
                return False

    def question(self, link, kind):
        protocol = 'TCP' if kind == socket.SOCK_STREAM else 'UDP'
        here = '127.0.0.1:%d' % link.getsockname()[1]
        unique = '%x' % time.monotonic_ns()
        return (f'OPTIONS sip:127.0.0.1:{self.port} SIP/2.0\r\n'
                f'Via: SIP/2.0/{protocol} {here};branch=z9hG4bK{unique};rport\r\n'
                f'Max-Forwards: 70\r\nFrom: <sip:{here}>;tag={unique}\r\n'
                f'To: <sip:127.0.0.1:{self.port}>\r\nCall-ID: {unique}\r\n'
                'CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n').encode()

    def log(self):
        with open(self.log_path, errors='replace') as log:
            return log.read()

    def memory_kib(self):
        return processes.memory_kib(self.pids())

    def keep(self, name):
        self.stop()
        os.rename(self.store, self.kept(name))

    def check(self):
        """That it still runs: what a server that died answers is no figure."""
        if self.process.poll() is not None:
            raise RuntimeError(f'died with {self.process.returncode}: {self.log()[-2000:]}')

    def settle(self):
        time.sleep(self.settle_s)

    def restart_seconds(self):
        self.kill()
        return self.timed(self.launch)

    def restart_alone_seconds(self):
        processes.kill(self.process)
        return self.timed(self.launch_alone)

    def timed(self, launch):
        began = time.monotonic()
        launch()
        self.wait()
        return time.monotonic() - began

    def stop(self):
        processes.stop(self.process)

    def kill(self):
        if self.process is not None:
            processes.kill(self.process)

    def create(self):
        raise NotImplementedError

    def launch(self):
        raise NotImplementedError

    def launch_alone(self):
        raise NotImplementedError

    def fill(self, count, users):
        raise NotImplementedError

    def pids(self):
        raise NotImplementedError

    def waiting(self):
        raise NotImplementedError
