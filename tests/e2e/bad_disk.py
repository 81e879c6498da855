"""bad_disk - a server whose disk does what it is told: bad_disk.c is preloaded into it.

    with BadDisk() as bad:
        bad.be('fdatasync', -200)     # each sync takes 200 ms; a positive number is an errno
        bad.silo
        bad.be_well('fdatasync')
"""
import os
import shutil
import tempfile

from silo import ROOT, Silo
from tap import Skip

SHIM = os.path.join(ROOT, 'build', 'bad_disk.so')


class BadDisk:
    def __init__(self, settings=()):
        if not os.path.exists(SHIM):
            raise Skip('build/bad_disk.so is not there: make build/bad_disk.so')
        self.place = tempfile.mkdtemp(prefix='sipsilo-bad-disk-')
        self.silo = Silo(settings, preexec=self.preload)

    def preload(self):
        os.environ['LD_PRELOAD'] = SHIM
        os.environ['BAD_DISK'] = self.place

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.silo.__exit__()
        shutil.rmtree(self.place, ignore_errors=True)

    def be(self, call, number):
        path = os.path.join(self.place, call)
        with open(path + '.new', 'w', encoding='ascii') as file:
            file.write(str(number))
        os.rename(path + '.new', path)

    def be_well(self, call):
        os.remove(os.path.join(self.place, call))
