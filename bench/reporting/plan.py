"""plan - which runs of the load make the report: series of points, each a run of siload.

A series varies one thing, `x`; all else stands in the point's arguments. A closed loop runs for
so many seconds, whatever the disk takes; where the number of messages matters it is given.
"""
from dataclasses import dataclass, field

WAITING_DOMAIN = 'waiting.example'  # of the users whose messages wait and are left alone
LENGTHS_ALL = 40000
USERS_WINDOW = 16
ANSWERED_WINDOWS = (64, 512)


@dataclass(frozen=True)
class Point:
    x: int
    workload: str
    arguments: tuple            # of siload
    waiting: int = 0            # messages that wait meanwhile, of other users
    in_memory: bool = False     # the store, if the machine has a file system for it
    seconds: bool = True        # runs for so long; else by count

    def bounded(self, seconds):
        """The arguments, for a run of so long."""
        return (*self.arguments, '-s', str(seconds)) if self.seconds else self.arguments


@dataclass(frozen=True)
class Series:
    name: str
    varies: str                 # what x is
    points: tuple = field(default=())
    is_answered: bool = False   # by siload instead of a server


def words(**options):
    return tuple(word for name, value in options.items() for word in (f'-{name}', str(value)))


def windows(workload, sizes=(1, 4, 16, 64, 256, 1024), **more):
    return tuple(Point(x, workload, words(w=x, **more)) for x in sizes)


def at_once():
    """Ten messages to a user, so that a message has the same part of a REGISTER in all points."""
    counts = {1: 200, 8: 2000, 64: 10000, 512: 20000}
    return tuple(Point(x, 'dump', words(n=n, u=n // 10, a=x, w=512), seconds=False)
                 for x, n in counts.items())


def rates():
    return tuple(Point(x, 'store', words(r=x))
                 for x in (500, 1000, 2000, 5000, 10000, 20000, 40000))


def waiting(most):
    sizes = [size for size in (1000, 10000, 100000, 1000000, 10000000) if size <= most]
    return tuple(Point(x, 'dump', words(n=60000, w=64, a=64), waiting=x, seconds=False)
                 for x in sizes)


def lengths():
    """One user after the other, of the same number of messages in all: what the store puts off
    until so many are stored or removed (a fold of its tail) is in each point or in none."""
    return tuple(Point(x, 'dump', words(n=LENGTHS_ALL, u=LENGTHS_ALL // x, a=1, w=512),
                       in_memory=True, seconds=False) for x in (10, 100, 1000, 10000, 40000))


def users(workload, most):
    """All points have the same window open, and no fewer users than that: a phone sends no
    REGISTER before the last one is answered, so that with fewer users fewer would be open, and
    what a larger batch saves would be taken for what more users cost. One request at a time
    would measure the way there and back instead."""
    return tuple(Point(x, workload, words(u=x, w=USERS_WINDOW))
                 for x in (USERS_WINDOW, 100, 1000, 10000, 100000, 1000000) if x <= most)


def all_series(is_long=False):
    bindings = 1000000 if is_long else 100000
    return (
        Series('store', 'requests open', windows('store')),
        Series('store-tcp', 'requests open', windows('store', t='tcp')),
        Series('register', 'requests open', windows('register')),
        Series('online', 'requests open', windows('online')),
        Series('dump', 'users at once', at_once()),
        Series('rate', 'messages a second', rates()),
        Series('waiting', 'messages waiting', waiting(10000000 if is_long else 1000000)),
        Series('length', 'messages of a user', lengths()),
        Series('register-users', 'users', users('register', bindings)),
        Series('online-users', 'users', users('online', bindings)),
        Series('answer-store', 'requests open', windows('store', ANSWERED_WINDOWS),
               is_answered=True),
        Series('answer-register', 'requests open', windows('register', ANSWERED_WINDOWS),
               is_answered=True),
    )
