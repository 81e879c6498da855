"""workloads - the rows of the comparison.

Each row starts both servers anew on a store that is empty, or on one where messages wait. A
server that runs for months has touched its memory once: so has this one, in a run of the same
load that does not count.
"""
import os
from dataclasses import dataclass

LONG = os.environ.get('LONG', '') not in ('', '0')
COUNT = int(os.environ.get('COUNT', '20000'))
USERS = max(1, COUNT // 10)
WAITING = int(os.environ.get('WAITING', '1000000' if LONG else '100000'))
SHORT_DUMP = COUNT // 10
LONG_DUMP = 2 * COUNT if LONG else COUNT // 2
# One connection has one process of the peer's, and that one commit at a time.
CONNECTIONS = 16
RATE = 500  # neither side has to hurry
RATE_S = 6
WARM_UP_S = 4
WARM_UP_DOMAIN = 'localhost'  # its users are others, and their phones are gone
ROW_S = 10  # a slow machine gets as far as it gets; a dump's count is what it is about


@dataclass(frozen=True)
class Row:
    name: str
    workload: str
    options: tuple
    store: str = 'empty'
    warm_up: tuple = ()  # the options of a run before the one that counts


def dump(count, at_once):
    return Row(f'dump of {count:,}, {at_once} users at once', 'dump',
               ('-n', count, '-u', max(1, count // 10), '-a', at_once))


def loop(name, workload, *options, store='empty'):
    options = ('-n', COUNT, '-u', USERS, *options)
    return Row(name, workload, ('-s', ROW_S, *options), store,
               ('-s', WARM_UP_S, '--domain', WARM_UP_DOMAIN, *options))


ROWS = [
    loop('store, window 64', 'store', '-w', 64),
    loop('store, window 512', 'store', '-w', 512),
    loop(f'store, window 512, {WAITING:,} waiting', 'store', '-w', 512, store='waiting'),
    loop(f'store, window 64, TCP, {CONNECTIONS} connections', 'store', '-w', 64, '-t', 'tcp',
         '-c', CONNECTIONS),
    loop(f'store, {RATE} a second', 'store', '-r', RATE, '-s', RATE_S),  # for its latency
    dump(SHORT_DUMP, 8),
    dump(LONG_DUMP, 8),
    dump(LONG_DUMP, 64),
    loop('register, refresh', 'register', '-w', 64),
    loop('online relay', 'online', '-w', 64),
]
SLOPE = (dump(SHORT_DUMP, 8).name, dump(LONG_DUMP, 8).name)


def chosen():
    """All of them, or those whose names hold one of the words in ROWS, with commas between."""
    wanted = [word.strip() for word in os.environ.get('ROWS', '').split(',') if word.strip()]
    return [row for row in ROWS if not wanted or any(word in row.name for word in wanted)]
