"""traffic - what a soak lets loose on a server: days of siload over UDP and over TCP, one after the
other, and passers-by beside them.

    traffic = Traffic(silo, Load(rate=1000, seconds=60))
    while traffic.goes_on(): ...
    traffic.stop()
    traffic.messages, traffic.requests, list(traffic.faults())
"""
import collections
import time

import load as siload
from passersby import Crowd

DAY_S = 60          # of one siload; then its users leave, and its connections are closed
LEAST_S = 2
CROWD_MAX = 50      # a second
DOMAINS = {'udp': 'udp.soak', 'tcp': 'tcp.soak'}
CONNECTIONS = 4
COLLECT_S = 120     # a day may take so much longer, until all is collected
SETTINGS = [f'core.alias={",".join(DOMAINS.values())}', 'core.trusted=127.0.0.1',
            'auth.register=trusted', 'auth.message=trusted', 'tm.fr_timer=2',
            'registrar.min_expires=1', 'usrloc.db_mode=1', 'msilo.registrar=sip:silo@127.0.0.1',
            'msilo.expire_time=120', 'msilo.check_time=1', 'msilo.clean_period=2']


class Load:
    """Requests a second, for so long; users stay away for `away` seconds, on average."""

    def __init__(self, rate, seconds, away=5):
        self.rate, self.seconds, self.away = rate, seconds, away

    def users(self, rate):
        """Of a siload at this rate. Of ten requests in a hundred that are REGISTERs every fourth
        brings back one of those who are offline, and that is half of all."""
        return max(8, round(self.away * rate * 0.1 / 4 * 2))


class Days:
    """One siload after the other, over one protocol."""

    def __init__(self, silo, protocol, load, until):
        self.silo, self.protocol, self.until = silo, protocol, until
        self.rate = load.rate / len(DOMAINS)
        self.users = load.users(self.rate)
        self.count, self.process, self.results, self.broken = 0, None, [], []
        self.begin()

    def begin(self):
        left = self.until - time.monotonic()
        if left < LEAST_S:
            return
        # The first one is shorter over TCP, so that the two do not change at one time.
        day = DAY_S / 2 if self.count == 0 and self.protocol == 'tcp' else DAY_S
        seconds = left if left < day + LEAST_S else day
        self.count += 1
        self.process = siload.start('mixed', self.silo.address, '-q', '-t', self.protocol,
                                    '-c', CONNECTIONS, '-u', self.users, '-r', self.rate,
                                    '-s', f'{seconds:.1f}', '--seed', self.count,
                                    '--domain', DOMAINS[self.protocol])
        self.end_by = time.monotonic() + seconds + COLLECT_S

    def go_on(self):
        """False: the last day is over."""
        if self.process is None:
            return False
        if self.process.poll() is None:
            if time.monotonic() > self.end_by:
                self.process.terminate()
            return True
        try:
            self.results.append(siload.finish(self.process))
        except siload.NoResult as error:
            self.broken.append(str(error))
        self.process = None
        self.begin()
        return self.process is not None

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Traffic:
    def __init__(self, silo, load):
        self.until = time.monotonic() + load.seconds
        self.days = [Days(silo, protocol, load, self.until) for protocol in DOMAINS]
        self.crowd = Crowd(silo.address, min(CROWD_MAX, load.rate / 10))
        self.crowd.start()

    def goes_on(self):
        """Call it often: it starts what is next."""
        going = [days.go_on() for days in self.days]
        return any(going) or time.monotonic() < self.until

    def stop(self):
        for days in self.days:
            days.stop()
        self.crowd.stop()

    @property
    def results(self):
        return [result for days in self.days for result in days.results]

    @property
    def messages(self):
        """What siload's ledgers say, in all."""
        sums = collections.Counter()
        for result in self.results:
            sums.update(result.json['messages'])
        return sums

    @property
    def requests(self):
        """(kind, 'sent' or another one) -> how many."""
        sums = collections.Counter()
        for result in self.results:
            for phase in result.json['phases']:
                for kind, tally in phase['requests'].items():
                    for what in ('sent', 'succeeded', 'failed', 'timed_out', 'sent_again'):
                        sums[kind, what] += tally[what]
        return sums

    def faults(self):
        """A line for each siload that is not content, and for passers-by who met what cannot be."""
        if self.crowd.error is not None:
            yield f'passers-by: {self.crowd.error!r}'
        for days in self.days:
            yield from days.broken
        for result in self.results:
            if result.code != 0:
                yield (f'siload, exit code {result.code}: {result.json["verdict"]}, '
                       f'{result.damage()}: {" ".join(result.json["command"])}')
