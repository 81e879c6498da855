"""kamailio - the peer: Kamailio with its msilo module, over a MariaDB of its own."""
import os

import processes
from mariadb import NAME, MariaDb
from side import Side
from workloads import DUMP_DOMAINS

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIGURATION = os.path.join(HERE, 'kamailio.cfg')
TABLES = '/usr/share/kamailio/mysql'
CHILDREN = int(os.environ.get('CHILDREN', '4'))
SHARED_MIB, PRIVATE_MIB = 2048, 16
# The fastest that it has. The one that it takes if nothing is said checks itself.
ALLOCATOR = 'tlsf'
KEEP_S = 72 * 3600  # msilo's expire_time, if nothing is said
FILLING = """
USE {name};
INSERT INTO silo (src_addr, dst_addr, username, domain, inc_time, exp_time, snd_time,
                  ctype, body, extra_hdrs, callid, status)
SELECT CONCAT('sip:siload', seq MOD {users}, '@127.0.0.1'),
       CONCAT('sip:user', seq MOD {users}, '@127.0.0.1'),
       CONCAT('user', seq MOD {users}), '127.0.0.1', UNIX_TIMESTAMP(),
       UNIX_TIMESTAMP() + %d, 0, 'text/plain', REPEAT('x', 128), '',
       CONCAT(MD5(seq), '@127.0.0.1'), 0
FROM seq_1_to_{count}""" % KEEP_S


def tables():
    """As the package makes them."""
    text = ''
    for name in ('standard-create.sql', 'msilo-create.sql'):
        with open(os.path.join(TABLES, name)) as sql:
            text += sql.read()
    return text


class Kamailio(Side):
    name = 'Kamailio + msilo'
    settle_s = 6  # tm keeps a transaction for 5 s; then its memory is used again

    def __init__(self, place, sockets):
        super().__init__(place, sockets)
        self.database = MariaDb(self.store, sockets)

    def create(self):
        self.database.install(tables())

    def launch(self):
        self.database.start()
        self.launch_alone()

    def launch_alone(self):
        self.process = processes.start(
            ['kamailio', '-f', CONFIGURATION, '-DD', '-E', '-Y', self.sockets,
             '-m', str(SHARED_MIB), '-M', str(PRIVATE_MIB), '-x', ALLOCATOR, '-X', ALLOCATOR]
            + [word for name, value in self.values().items()
               for word in ('-A', f'{name}={value}')],
            self.place, self.log_path, {'MYSQL_UNIX_PORT': self.database.socket})

    def values(self):
        return {'LISTEN_UDP': f'udp:127.0.0.1:{self.port}',
                'LISTEN_TCP': f'tcp:127.0.0.1:{self.port}', 'CHILDREN': CHILDREN,
                'DB_URL': f'"mysql://root@localhost/{NAME}"',
                'SELF': f'"sip:127.0.0.1:{self.port}"', 'DUMP_DOMAINS': ' '.join(DUMP_DOMAINS)}

    def fill(self, count, users):
        """Rows as m_store makes them, but at once: it would take minutes."""
        self.database.run(FILLING.format(name=NAME, count=count, users=users))

    def pids(self):
        return processes.family(self.process.pid) + [self.database.process.pid]

    def waiting(self):
        return int(self.database.run(f'SELECT COUNT(*) FROM {NAME}.silo'))

    def stop(self):
        """The server first: it writes until then."""
        super().stop()
        self.database.stop()

    def kill(self):
        super().kill()
        self.database.kill()
