"""sipsilo - ours, as `build/sipsilo serve` starts it."""
import os
import shlex
import subprocess

import load
import processes
from root import ROOT
from side import Side
from workloads import DUMP_DOMAINS

FILLING_WINDOW = 1024
BINARY = os.environ.get('SIPSILO', os.path.join(ROOT, 'build', 'sipsilo'))
# MariaDB has no bound either, and the peer's script writes no line for each message.
SETTINGS = ['msilo.map_size=17179869184', 'core.log_level=warn',
            *shlex.split(os.environ.get('OURS', ''))]


class Sipsilo(Side):
    name = 'sipsilo'
    is_ours = True

    def create(self):
        os.makedirs(self.store)

    def options(self):
        settings = [f'core.listen=udp:127.0.0.1:{self.port},tcp:127.0.0.1:{self.port}',
                    f'core.alias=localhost,{",".join(DUMP_DOMAINS)}',
                    f'msilo.db_url=lmdb:{self.store}', *SETTINGS]
        return [word for setting in settings for word in ('-o', setting)]

    def launch(self):
        self.launch_alone()

    def launch_alone(self):
        self.process = processes.start([BINARY, 'serve', *self.options()], self.place,
                                       self.log_path)

    def fill(self, count, users):
        load.run('store', ('-n', count, '-u', users, '-w', FILLING_WINDOW), self.address,
                 self.pids(), self.sockets)

    def pids(self):
        return [self.process.pid]

    def waiting(self):
        with subprocess.Popen([BINARY, 'list', '--json', *self.options()], cwd=self.place,
                              stdout=subprocess.PIPE) as listing:
            return sum(1 for _ in listing.stdout)
