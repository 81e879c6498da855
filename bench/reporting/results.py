"""results - what the benches wrote, one line of JSON a measure or a run.

    micro = Micro('build/bench/timers.jsonl')
    micro.value(1000, 'wheel', 'start')                  (median, least, most), or None
    runs = Runs('build/bench/server.jsonl')
    runs.values('store', 64, lambda load: load.phase().rate)

A file that is not there gives nothing; what was cut off in the middle ends it.
"""
import json
import os
import statistics

from load import Load


def lines(path):
    if not os.path.exists(path):
        return
    with open(path) as file:
        for line in file:
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                return


def summary(values):
    """(median, least, most); None of nothing."""
    values = [value for value in values if value is not None]
    return (statistics.median(values), min(values), max(values)) if values else None


class Micro:
    def __init__(self, path):
        self.command, self.figures = None, {}
        for line in lines(path):
            if 'command' in line:
                self.command = line['command']
                continue
            key = line['size'], line['subject'], line['measure'], line['batch'], line['unit']
            self.figures[key] = line['median'], line['least'], line['most']

    def sizes(self):
        return sorted({key[0] for key in self.figures if key[0]})

    def value(self, size, subject, measure, batch=0, unit='ns'):
        return self.figures.get((size, subject, measure, batch, unit))

    def points(self, *which, **more):
        """For a chart."""
        found = ((size, self.value(size, *which, **more)) for size in self.sizes())
        return [(size, *value) for size, value in found if value]


class Runs:
    def __init__(self, path):
        self.command, self.runs = None, []
        for line in lines(path):
            if 'command' in line:
                self.command = line['command']
            else:
                line['load'] = Load(line['said'])
                self.runs.append(line)

    def of(self, series, x=None):
        return [run for run in self.runs
                if run['series'] == series and (x is None or run['x'] == x)]

    def xs(self, series):
        return sorted({run['x'] for run in self.of(series)})

    def arguments(self, series):
        """Of its last point."""
        return ' '.join(self.of(series, self.xs(series)[-1])[0]['arguments'])

    def rounds(self, series):
        return len(self.of(series, self.xs(series)[0]))

    def values(self, series, x, what):
        return summary(what(run['load']) for run in self.of(series, x))

    def facts(self, series, x, name):
        """What bench/run_server measured by itself."""
        return summary(run.get(name) for run in self.of(series, x))

    def points(self, series, what):
        found = ((x, self.values(series, x, what)) for x in self.xs(series))
        return [(x, *value) for x, value in found if value]

    def growth(self, series, what):
        """Of the medians, the last point's to the first one's; None if there are none."""
        ends = [self.values(series, x, what) for x in (self.xs(series)[0], self.xs(series)[-1])]
        return ends[1][0] / ends[0][0] if all(end and end[0] for end in ends) else None

    def highest(self, series, what):
        """The point with the highest median: x, and its values."""
        return max(((x, self.values(series, x, what)) for x in self.xs(series)),
                   key=lambda point: point[1])

    def faults(self):
        return [(run['series'], run['x'], run['load'].faults())
                for run in self.runs if run['load'].faults()]


def rate(load, phase=None):
    return load.phase(phase).rate


def cpu(load, phase=None):
    """Microseconds a message."""
    return load.phase(phase).cpu_us


def own_share(load):
    """Of the CPU that load and server took together, the load's part."""
    part = load.phase()
    return part.cpu_us and part.own_cpu_us / (part.own_cpu_us + part.cpu_us)
