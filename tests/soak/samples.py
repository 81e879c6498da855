"""samples - what the server takes, every few seconds of a run.

    samples = Samples(silo)
    samples.take()          # one more; False: the server is gone
    samples.of('fds')       # [(seconds since the first one, value)]
"""
import json
import os
import re
import subprocess
import time

from silo import ROOT

FACTS = os.path.join(ROOT, 'build', 'store_facts')


def fields(path, *names):
    """Of lines such as `VmRSS:  123 kB`: octets, or a bare number. 0: there is no such line."""
    with open(path) as file:
        text = file.read()
    for name in names:
        found = re.search(rf'^{name}:\s+(\d+)( kB)?', text, re.M)
        yield int(found.group(1)) * (1024 if found.group(2) else 1) if found else 0


def store_facts(store):
    done = subprocess.run([FACTS, f'lmdb:{store}'], capture_output=True, text=True, timeout=60,
                          check=True)
    return json.loads(done.stdout)


def look(silo):
    """Figure -> value, of this moment."""
    process = f'/proc/{silo.process.pid}'
    rss, own, threads = fields(f'{process}/status', 'VmRSS', 'RssAnon', 'Threads')
    pss, = fields(f'{process}/smaps_rollup', 'Pss')
    facts = store_facts(silo.store)
    return {'rss': rss, 'own': own, 'pss': pss, 'threads': threads,
            'fds': len(os.listdir(f'{process}/fd')), 'used': facts['used'],
            'file': os.path.getsize(os.path.join(silo.store, 'data.mdb')),
            'waiting': facts['messages']}


class Samples:
    def __init__(self, silo):
        self.silo = silo
        self.began = time.monotonic()
        self.rows = []  # (seconds, figures)

    def take(self):
        at = time.monotonic() - self.began
        try:
            self.rows.append((at, look(self.silo)))
        except OSError:
            if self.silo.is_alive():
                raise
            return False
        return True

    def of(self, figure):
        return [(at, row[figure]) for at, row in self.rows]
