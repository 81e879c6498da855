"""comparison - two sides, and what was measured on each, row by row in turns.

    samples[side's name][row's name][measure]   a list with one figure of each round
"""
import contextlib
import sys
import time

import load
import processes
import report
import workloads

SETTLE_S = 0.5
PUT_OFF = 'stored and delivered, with what is put off'
BEGAN = time.monotonic()


def tell(text):
    print(f'{time.monotonic() - BEGAN:6.1f} s  {text}', file=sys.stderr, flush=True)


class Comparison:
    """Two sides, and what was measured: samples[side's name][row's name][measure]."""

    def __init__(self, sides):
        self.sides = sides
        self.samples = {side.name: {} for side in sides}
        self.failures = []

    def note(self, side, row, **figures):
        measures = self.samples[side.name].setdefault(row, {})
        for measure, figure in figures.items():
            measures.setdefault(measure, []).append(figure)

    def fill(self, side):
        """A store where messages wait, kept for the rows that begin with one."""
        side.start('empty')
        side.fill(workloads.WAITING, workloads.USERS)
        count = side.waiting()
        tell(f'{side.name}: {count:,} waiting')
        if count < workloads.WAITING:
            self.failures.append(f'{side.name}: only {count:,} of {workloads.WAITING:,} wait')
        side.keep('waiting')

    def prepare(self, with_waiting):
        for side in self.sides:
            side.prepare()
            if with_waiting:
                self.fill(side)

    @staticmethod
    def load(side, row, options):
        return load.run(row.workload, options, side.address, side.pids(), side.sockets)

    @contextlib.contextmanager
    def excused(self, side, what):
        """An error costs what it happened in, and nothing that was measured before."""
        try:
            yield
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(f'{side.name}: {what}: {str(error) or repr(error)}')
        finally:
            side.kill()

    def warm_up(self, side, row):
        if not row.warm_up:
            return []
        said = self.load(side, row, row.warm_up)
        side.settle()
        return [said]

    def repeat(self, side, row):
        """Runs on one server: one, or of a dump until they are long enough."""
        runs = []
        for domain in row.domains:
            runs.append(self.load(side, row, (*row.options, '--domain', domain)))
            if load.seconds(runs) >= workloads.DUMPS_S:
                break
        return runs

    def judge(self, side, row, faults):
        """Ours has to keep its promises; what the peer does is only told."""
        if side.is_ours:
            self.failures += [f'{side.name}: {row.name}: {number:,} {fault}'
                              for fault, number in faults.items()
                              if number and fault not in load.ALLOWED]

    def run(self, side, row):
        """All runs of a row on a server that is up: figures and faults; and the CPU of all that
        was stored and delivered, if that is asked for."""
        early = self.warm_up(side, row)
        before = processes.cpu_s(side.pids())
        runs = self.repeat(side, row)
        side.check()
        faults, whole_cpu = load.faults([*early, *runs]), None
        self.judge(side, row, faults)
        if row.counts_put_off:
            processes.rest(side.pids())
            whole_cpu = load.whole_cpu_us_each(runs, processes.cpu_s(side.pids()) - before)
        return {**load.figures(runs), **faults}, whole_cpu

    def measure(self, side, row):
        """One row on one side; the memory that it ends with."""
        figures, mib, whole_cpu = dict.fromkeys(load.MEASURES), None, None
        with self.excused(side, row.name):
            side.start(row.store)
            said, whole_cpu = self.run(side, row)
            figures, mib = said, side.memory_kib() / 1024
        self.note(side, row.name, **figures)
        if row.counts_put_off:
            self.note(side, f'{row.name}: {PUT_OFF}', cpu=whole_cpu)
        rate = figures['per_second']
        tell(f'{side.name}: {row.name}: ' + (f'{rate:,.0f}/s' if rate else 'failed'))
        return mib

    def measure_at_rest(self, side, with_waiting):
        with self.excused(side, 'at rest'):
            side.start('empty')
            time.sleep(SETTLE_S)
            self.note(side, 'idle', mib=side.memory_kib() / 1024)
            if with_waiting:
                side.kill()
                self.measure_restart(side)

    def measure_restart(self, side):
        side.start('waiting')
        name = f'{workloads.WAITING:,} waiting'
        self.note(side, f'the SIP server, {name}', restart_s=side.restart_alone_seconds())
        self.note(side, f'all of it, {name}', restart_s=side.restart_seconds())

    def round(self, rows, with_waiting):
        """Ours and theirs in turns, row by row: what the machine does meanwhile hits both."""
        held = {side.name: [] for side in self.sides}
        for row in rows:
            for side in self.sides:
                mib = self.measure(side, row)
                if row.store == 'empty' and mib is not None:
                    held[side.name].append(mib)
        for side in self.sides:
            self.measure_at_rest(side, with_waiting)
            self.note(side, 'the most after a row', mib=max(held[side.name], default=None))

    def text(self, facts, rounds):
        times = f'{rounds} round' + ('s' if rounds != 1 else '')
        parts = ['# sipsilo beside Kamailio\'s msilo\n',
                 'The same load on both, row by row in turns, servers started anew and warm, '
                 f'{times}. Medians (least-most); ratio: sipsilo / Kamailio, the median over '
                 'the rounds. Above 1 is better for operations a second, below 1 for all else.\n', facts]
        parts += [report.comparison(self.samples, *table) for table in report.TABLES]
        parts += [report.slope(self.samples, *workloads.SLOPE)]
        parts += [report.faults(self.samples)]
        parts += ['Failed:\n\n' + '\n'.join('* ' + what for what in self.failures) + '\n'
                  ] if self.failures else []
        return '\n'.join(part for part in parts if part)
