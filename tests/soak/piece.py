"""piece - one start of the server, its traffic, and its stop.

    piece = Piece(silo, check, Load(rate=1000, seconds=3600))
    piece.run(interval=5)
    piece.faults            # lines; none: all is well
"""
import collections
import os
import subprocess
import time

from passersby import reset
from samples import Samples, look
from silo import wait_until
from sip import Agent, wire
from traffic import Traffic
from verdict import FIGURES, Line

STEP_S = 0.2
AWAKE_S = 1          # until a connection that was reset is gone
REST_S = 45          # until what the passers-by left has expired, and connections are gone
LOG_MAX = 16 << 20   # then it begins anew
ALWAYS = ('fds', 'threads')  # is judged whatever tool the server runs under


class Events:
    """What the server logs from its start on: counted, and kept short."""

    def __init__(self, silo):
        self.silo, self.at, self.counts = silo, silo.log_start, collections.Counter()

    def read(self):
        self.read_on()
        # Once more, so that next to nothing comes in between, and not in the midst of a line.
        if self.at > LOG_MAX and self.read_on() == b'':
            os.truncate(self.silo.log_path, 0)
            self.at = self.silo.log_start = 0

    def read_on(self):
        """To the end; what is there of a line that is not whole yet."""
        with open(self.silo.log_path, 'rb') as log:
            log.seek(self.at)
            *lines, rest = log.read().split(b'\n')
        self.at += sum(len(line) + 1 for line in lines)
        for line in lines:
            words = line.split(None, 3)
            self.counts[b' '.join(words[1:3]).decode(errors='replace')] += 1
        return rest

    def errors(self):
        return {name: count for name, count in self.counts.items() if name.startswith('error ')}


class Piece:
    def __init__(self, silo, check, load):
        self.silo, self.check, self.load = silo, check, load
        self.faults, self.lines = [], []
        self.stopped = 'not stopped'
        self.before = self.after = None

    def run(self, interval, tell=lambda at, figures: None):
        silo = self.silo
        silo.start_anywhere(self.check.start_s)
        self.events, self.samples = Events(silo), Samples(silo)
        self.before = self.awake()
        self.traffic = Traffic(silo, self.load)
        try:
            self.watch(interval, tell)
        finally:
            self.traffic.stop()
        if self.died():
            return
        self.rest()
        if self.died():
            return
        self.end()
        self.judge()

    def awake(self):
        """What it takes when it has served once: libuv opens a descriptor with the first stream,
        and keeps it."""
        for protocol in ('UDP', 'TCP'):
            agent = Agent('first', wire(protocol, self.silo.address))
            agent.options(self.check.start_s)
            reset(agent.link)
        time.sleep(AWAKE_S)
        return look(self.silo)

    def died(self):
        if self.silo.is_alive():
            return False
        self.faults.append(f'the server is gone: {self.silo.process.returncode}: '
                           f'{self.silo.log()[-2000:]}')
        self.faults += self.check.faults(self.silo.process.returncode)
        return True

    def watch(self, interval, tell):
        due = 0
        while self.silo.is_alive() and self.traffic.goes_on():
            now = time.monotonic() - self.samples.began
            # While the last day is collected there is no load that could be compared.
            if now >= due and now <= self.load.seconds:
                due += interval
                if self.samples.take():
                    tell(*self.samples.rows[-1])
                self.events.read()
            time.sleep(STEP_S)

    def is_quiet(self):
        self.after = look(self.silo)
        return (self.after is None or
                self.after['waiting'] == 0 and self.after['fds'] <= self.before['fds'])

    def rest(self):
        """All has been delivered or has expired, and no connection is left."""
        if not wait_until(self.is_quiet, REST_S, step=1):
            for figure, what in (('waiting', 'messages wait'), ('fds', 'descriptors are open')):
                if self.after[figure] > (self.before['fds'] if figure == 'fds' else 0):
                    self.faults.append(f'{self.after[figure]} {what} {REST_S} s after the last '
                                       f'request; {self.before[figure]} before the first one')

    def end(self):
        began = time.monotonic()
        try:
            code = self.silo.stop(self.check.stop_s)
        except subprocess.TimeoutExpired:
            self.silo.kill()
            self.faults.append(f'still there {self.check.stop_s} s after SIGTERM')
            return
        self.faults += self.check.faults(code)
        self.stopped = (f'stopped within {time.monotonic() - began:.1f} s. '
                        f'{self.check.summary}').rstrip()

    def judge(self):
        self.events.read()
        self.faults += self.traffic.faults()
        if self.events.errors():
            self.faults.append(f'errors in the log: {self.events.errors()}')
        if not self.traffic.messages['arrived'] or not self.samples.rows:
            self.faults.append('nothing was delivered or nothing was sampled')
            return
        self.lines = [Line(figure, self.samples.of(figure.name)) for figure in FIGURES]
        self.faults += [line.fault() for line in self.lines
                        if self.is_judged(line) and not line.is_flat]

    def is_judged(self, line):
        return line.is_long_enough and (self.check.judges_memory or line.figure.name in ALWAYS)

    def judges_growth(self):
        """Of every figure."""
        return bool(self.lines) and all(self.is_judged(line) for line in self.lines)
