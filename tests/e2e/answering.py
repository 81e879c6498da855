"""answering - siload as a silo that agrees to everything, on a port of its own choice.

    with Answering() as peer:
        peer.address, peer.port, peer.process
"""
import os
import subprocess

from silo import ROOT

SILOAD = os.environ.get('SILOAD', os.path.join(ROOT, 'build', 'bench', 'siload'))


class NoAnswer(Exception):
    pass


class Answering:
    def __enter__(self):
        self.process = subprocess.Popen([SILOAD, 'answer', '127.0.0.1:0'], text=True,
                                        stdout=subprocess.PIPE)
        words = self.process.stdout.readline().split()  # answering on HOST:PORT ...
        if len(words) < 3:
            raise NoAnswer(f'{SILOAD} answer: exit code {self.process.wait()}')
        host, _, port = words[2].partition(':')
        self.port = int(port)
        self.address = (host, self.port)
        return self

    def stop(self):
        """What it says at the end."""
        self.process.terminate()
        return self.process.communicate(timeout=10)[0]

    def __exit__(self, *_):
        self.process.kill()
        with self.process:  # its end is waited for
            pass
