"""load - what one run of siload said, by the names of this report.

    load = Load(json.load(file))
    load.phase().rate           of the phase that was measured
    load.phase('store').cpu_us  of another one
"""


class Phase:
    """A part of a run. What was not measured is None."""

    def __init__(self, json):
        server = json.get('server') or {}
        requests = json.get('requests') or {}
        latencies = [r['latency_us'] for r in requests.values() if r['latency_us']['count']]
        self.rate = json['a_second']
        self.cpu_us = server.get('cpu_us_each')
        self.own_cpu_us = json['own_cpu_us_each']
        self.rss_bytes = server.get('rss_bytes')
        latency = latencies[0] if len(latencies) == 1 else {}
        self.p50_us = latency.get('p50')
        self.p99_us = latency.get('p99')


class Load:
    FAULTS = ('lost', 'doubled', 'corrupted', 'reordered', 'misdelivered')

    def __init__(self, json):
        self.json = json
        self.workload = json['workload']

    def phase(self, name=None):
        """That one, or the one that was measured."""
        for phase in self.json['phases']:
            if phase['name'] == name or (name is None and phase['measured']):
                return Phase(phase)
        raise KeyError(f'{self.workload}: no phase {name}')

    def unserved(self):
        """Requests that were not answered; in a closed loop, which asks for no more than the
        server can do, refused ones, too: {name: how many}."""
        names = ['timed_out'] + ([] if self.json['settings']['rate'] else ['failed'])
        tallies = [tally for phase in self.json['phases'] for tally in phase['requests'].values()]
        sums = {name: sum(tally[name] for tally in tallies) for name in names}
        return {name: number for name, number in sums.items() if number}

    def faults(self):
        """What must not be: {name: how many}."""
        return {name: self.json['messages'][name] for name in self.FAULTS
                if self.json['messages'][name]}
