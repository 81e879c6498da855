"""workloads - the rows of the comparison.

Each row starts both servers anew on a store that is empty, or on one where messages wait. A
server that runs for months has touched its memory once: so has this one, in a run of the same
load that does not count.

A row runs for so many seconds, the same on both sides, so that what a server puts off (ours
its tail's fold, the peer its database's purge) falls into it. A dump has its size in its name,
since the peer's cost grows with that: it is repeated on the same server, until it took so long,
each time for users of another domain. The peer takes out what it has delivered every five
seconds, and delivers it once more to those who register before.
"""
import os
from dataclasses import dataclass

LONG = os.environ.get('LONG', '') not in ('', '0')
USERS = 2000
WAITING = int(os.environ.get('WAITING', '1000000' if LONG else '100000'))
SHORT_DUMP = 2000
LONG_DUMP = 40000 if LONG else 10000
MESSAGES_A_USER = 10  # of a dump
# One connection has one process of the peer's, and that one commit at a time.
CONNECTIONS = 16
RATE = 500  # neither side has to hurry
RATE_S = 4
WARM_UP_S = 1
WARM_UP_DOMAIN = 'localhost'  # its users are others, and their phones are gone
ROW_S = 3
DUMPS_S = 2  # the phases of delivery together
DUMP_DOMAINS = tuple(f'dump{number}.example' for number in range(25))


@dataclass(frozen=True)
class Row:
    name: str
    workload: str
    options: tuple
    store: str = 'empty'
    warm_up: tuple = ()  # the options of a run before the one that counts
    domains: tuple = ('127.0.0.1',)  # of the users: each of a repetition, if there are several
    counts_put_off: bool = False  # CPU is told of all the row, too, until the server rests


def dump(count, at_once, **more):
    return Row(f'dump of {count:,}, {at_once} users at once', 'dump',
               ('-n', count, '-u', count // MESSAGES_A_USER, '-a', at_once),
               domains=DUMP_DOMAINS, **more)


def loop(name, workload, *options, store='empty', seconds=ROW_S):
    options = ('-u', USERS, *options)
    return Row(name, workload, ('-s', seconds, *options), store,
               ('-s', WARM_UP_S, '--domain', WARM_UP_DOMAIN, *options))


ROWS = [
    loop('store, window 64', 'store', '-w', 64),
    loop('store, window 512', 'store', '-w', 512),
    loop(f'store, window 512, {WAITING:,} waiting', 'store', '-w', 512, store='waiting'),
    loop(f'store, window 64, TCP, {CONNECTIONS} connections', 'store', '-w', 64, '-t', 'tcp',
         '-c', CONNECTIONS),
    loop(f'store, {RATE} a second', 'store', '-r', RATE, seconds=RATE_S),  # for its latency
    dump(SHORT_DUMP, 8),
    dump(LONG_DUMP, 8),
    dump(LONG_DUMP, 64, counts_put_off=True),
    loop('register, refresh', 'register', '-w', 64),
    loop('online relay', 'online', '-w', 64),
]
SLOPE = (dump(SHORT_DUMP, 8).name, dump(LONG_DUMP, 8).name)


def chosen():
    """All of them, or those whose names hold one of the words in ROWS, with commas between."""
    wanted = [word.strip() for word in os.environ.get('ROWS', '').split(',') if word.strip()]
    return [row for row in ROWS if not wanted or any(word in row.name for word in wanted)]
