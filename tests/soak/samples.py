"""samples - what the server takes, every few seconds of a run.

    samples = Samples(silo)
    samples.take()          # one more; False: the server is gone
    samples.of('fds')       # [(seconds since the first one, value)]
"""
import json
import os
import subprocess
import time

from silo import ROOT, wait_until

KIB = 1024
GONE_S = 1  # from the first thing that a process has not any more until it has ended
FACTS = os.path.join(ROOT, 'build', 'store_facts')


def store_facts(store):
    done = subprocess.run([FACTS, f'lmdb:{store}'], capture_output=True, text=True, timeout=60,
                          check=True)
    return json.loads(done.stdout)


def figures(silo):
    facts = store_facts(silo.store)
    return {'rss': silo.status('VmRSS') * KIB, 'own': silo.status('RssAnon') * KIB,
            'pss': silo.status('Pss', 'smaps_rollup') * KIB, 'threads': silo.status('Threads'),
            'fds': len(os.listdir(f'/proc/{silo.process.pid}/fd')), 'used': facts['used'],
            'file': os.path.getsize(os.path.join(silo.store, 'data.mdb')),
            'waiting': facts['messages']}


def look(silo):
    """Figure -> value, of this moment; None: the server is gone."""
    try:
        return figures(silo)
    except (OSError, subprocess.SubprocessError):
        if not wait_until(lambda: not silo.is_alive(), GONE_S):
            raise
        return None


class Samples:
    def __init__(self, silo):
        self.silo = silo
        self.began = time.monotonic()
        self.rows = []  # (seconds, figures)

    def take(self):
        at, row = time.monotonic() - self.began, look(self.silo)
        if row is not None:
            self.rows.append((at, row))
        return row is not None

    def of(self, figure):
        return [(at, row[figure]) for at, row in self.rows]
