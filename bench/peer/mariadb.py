"""mariadb - a MariaDB of our own: its data in one directory, reached by one socket.

    database = MariaDb(data, directory_for_socket_and_log)
    database.install(sql)           # once; the data directory may then be copied
    database.start() ... database.kill()

Whatever else the machine runs is not touched, its settings are not read: what holds are
MariaDB's defaults, which sync each commit, and EXTRA. Runs as root, and as a user.
"""
import getpass
import os
import shlex
import subprocess
import time

import processes

EXTRA = shlex.split(os.environ.get('MARIADB', ''))
NAME = 'kamailio'


class MariaDb:
    def __init__(self, data, directory):
        self.data = data
        self.directory = directory
        self.socket = os.path.join(directory, 'mariadb.sock')
        self.log_path = os.path.join(directory, 'mariadb.log')
        self.process = None

    def install(self, sql):
        """A new data directory, with one database that holds what `sql` makes."""
        user = getpass.getuser()
        with open(self.log_path, 'ab') as log:
            subprocess.run(['mariadb-install-db', '--no-defaults', f'--user={user}',
                            f'--datadir={self.data}', '--skip-test-db', '--skip-name-resolve',
                            '--auth-root-authentication-method=normal'],
                           stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
        self.start()
        try:
            self.run(f'CREATE DATABASE {NAME}; USE {NAME};\n{sql}')
        finally:
            self.stop()

    def start(self, seconds=60):
        self.process = processes.start(
            ['mariadbd', '--no-defaults', f'--user={getpass.getuser()}', '--skip-networking',
             f'--datadir={self.data}', f'--socket={self.socket}',
             f'--pid-file={self.directory}/mariadb.pid', *EXTRA],
            self.directory, self.log_path)
        end = time.monotonic() + seconds
        while not os.path.exists(self.socket) or not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f'MariaDB did not start: {self.log()[-2000:]}')
            time.sleep(0.01)

    def command(self, *words, **options):
        return subprocess.run(['mariadb', '--no-defaults', '-uroot', f'--socket={self.socket}',
                               *words], capture_output=True, text=True, **options)

    def answers(self):
        return self.command('-e', 'SELECT 1').returncode == 0

    def run(self, sql):
        """Its result, columns with tabs between."""
        done = self.command('-N', input=sql)
        if done.returncode != 0:
            raise RuntimeError(f'MariaDB says {done.stderr.strip()}')
        return done.stdout.strip()

    def log(self):
        with open(self.log_path, errors='replace') as log:
            return log.read()

    def stop(self):
        processes.stop(self.process, 60)

    def kill(self):
        if self.process is not None:
            processes.kill(self.process)
            if os.path.exists(self.socket):
                os.remove(self.socket)  # else the next start looks ready before it is
