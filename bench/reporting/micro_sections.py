"""micro_sections - what the parts cost: timers, location, transactions, store, parser."""
import os

from chart import Chart
from markdown import figure, spread

BATCHES = (1, 8, 64, 512, 1024)


def by_size(doc, micro, columns, unit):
    """Rows are sizes; columns are (head, subject, measure)."""
    doc.table([f'there are ({unit})', *(head for head, *_ in columns)],
              [[f'{size:,}', *(figure(value and value[0]) for value in
                               (micro.value(size, *which, unit=unit) for _, *which in columns))]
               for size in micro.sizes()])


def timers(doc, micro):
    doc.heading('Timers')
    doc.paragraph("The server's wheel, and a binary heap beside it. Medians.")
    doc.command(micro.command)
    measures = ('start', 'stop', 'restart', 'fire')
    columns = [(f'{subject}: {measure}', subject, measure)
               for measure in measures for subject in ('wheel', 'heap')]
    by_size(doc, micro, columns, 'ns')
    chart = Chart('A timer, by how many run', 'timers running', 'ns', log_y=True)
    for subject in ('wheel', 'heap'):
        for measure in ('restart', 'fire'):
            chart.line(f'{subject}: {measure}', micro.points(subject, measure))
    doc.chart('timers', chart)


def location(doc, micro):
    doc.heading('Bindings')
    doc.paragraph('One a user. Bytes have the text in them: AoR, contact, Call-ID.')
    doc.command(micro.command)
    measures = ('add', 'find', 'miss', 'contact', 'refresh', 'expire')
    by_size(doc, micro, [(measure, 'location', measure) for measure in measures], 'ns')
    by_size(doc, micro, [(measure, 'location', measure)
                         for measure in ('allocated', 'resident', 'text')], 'bytes')
    chart = Chart('A binding, by how many there are', 'bindings', 'ns')
    for measure in ('add', 'find', 'refresh', 'expire'):
        chart.line(measure, micro.points('location', measure))
    doc.chart('location', chart)


def transactions(doc, micro):
    doc.heading('Transactions')
    doc.paragraph("Requests that are remembered so that a repetition is known (server), and the "
                  "server's own (client; of their bytes 524 are the request's).")
    doc.command(micro.command)
    by_size(doc, micro, [('server: receive, complete', 'server', 'receive, complete'),
                         ('server: repeat', 'server', 'repeat'),
                         ('client: start, answer, end', 'client', 'start, answer, end')], 'ns')
    by_size(doc, micro, [(f'{subject}: {measure}', subject, measure)
                         for subject in ('server', 'client')
                         for measure in ('allocated', 'resident')], 'bytes')
    chart = Chart('A transaction, by how many there are', 'remembered', 'ns')
    chart.line('server', micro.points('server', 'receive, complete'))
    chart.line('server, repeated', micro.points('server', 'repeat'))
    chart.line('client', micro.points('client', 'start, answer, end'))
    doc.chart('transactions', chart)


def memory(doc, location_figures, transaction_figures):
    chart = Chart('Bytes each, by how many there are', 'how many', 'bytes', log_y=True)
    chart.line('binding', location_figures.points('location', 'allocated', unit='bytes'))
    chart.line('absorbed request', transaction_figures.points('server', 'allocated', unit='bytes'))
    chart.line('own request', transaction_figures.points('client', 'allocated', unit='bytes'))
    if chart.lines:
        doc.heading('Memory')
        doc.paragraph('What malloc gave out for each, its own overhead and the tables included.')
        doc.chart('memory', chart)


def store_table(doc, micro, measure, batches):
    columns = (('sipsilo', 'per_second'), ('LMDB', 'per_second'), ('ratio', 'ratio'),
               ('sipsilo', 'cpu_us'), ('LMDB', 'cpu_us'))
    rows = []
    for size in micro.sizes():
        for batch in batches:
            values = [micro.value(size, subject, measure, batch, unit) for subject, unit in columns]
            if any(values):
                rows.append([f'{size:,}', batch, *map(spread, values)])
    doc.table([f'{measure}: waiting', 'at once', 'sipsilo/s', 'LMDB/s', 'ratio', 'sipsilo CPU us',
               'LMDB CPU us'], rows)


def store(doc, micro):
    doc.heading('The store beside LMDB')
    disk = micro.value(0, 'disk', '4 KiB, sync', unit='us')
    doc.paragraph('The engine and a bare LMDB table with the same records take turns; ratios of '
                  'the rates, round by round. The engine has in it what the table has not: '
                  'who it is for, repetitions, limits, expiry. What it puts off comes after: '
                  'see tidy. All is for each message. '
                  f'The disk appends 4 KiB and syncs in {spread(disk)} us.')
    doc.command(micro.command)
    for measure in ('put', 'remove'):
        store_table(doc, micro, measure, BATCHES)
    store_table(doc, micro, 'page', (32,))
    store_table(doc, micro, 'get', (1,))
    doc.table(['waiting', 'tidy: CPU us a message', 'open ms', 'LMDB: open ms'],
              [[f'{size:,}', spread(micro.value(size, 'sipsilo', 'tidy', unit='cpu_us')),
                *(spread(micro.value(size, subject, 'open', unit='ms'))
                  for subject in ('sipsilo', 'LMDB'))] for size in micro.sizes()])
    doc.table(['one message each 2 ms', 'safe after, us: median', 'p99'],
              [[subject, *(spread(micro.value(0, subject, measure, 1, unit='us'))
                           for measure in ('wait', 'wait, p99'))]
               for subject in ('sipsilo', 'LMDB')])
    chart = Chart('A message put, of 64 in a commit', 'messages waiting', 'us of CPU')
    for subject in ('sipsilo', 'LMDB'):
        chart.line(subject, micro.points(subject, 'put', batch=64, unit='cpu_us'))
    chart.line('sipsilo: tidy', micro.points('sipsilo', 'tidy', unit='cpu_us'))
    doc.chart('store', chart)


def parser(doc, directory):
    """The first table of what bench_parser wrote, and its picture."""
    path = os.path.join(directory, 'parser.md')
    if not os.path.exists(path):
        return
    with open(path) as file:
        rows = []
        for line in file:
            if line.startswith('|'):
                rows.append(line)
            elif rows:
                break
    doc.heading('The parser')
    doc.paragraph('The rest is in [parser.md](parser.md).')
    doc.command('build/bench/bench_parser -o build/bench')
    doc.raw(''.join(rows) + '\n![Reading a SIP message](parser.svg)\n\n')


def instructions(doc, path):
    """The record that bench/gate holds the core to."""
    counts = {}
    with open(path) as record:
        for line in record:
            if not line.startswith('#'):
                name, variant, count = line.split()
                counts.setdefault(name, {})[variant] = f'{int(count):,}'
    doc.heading('Instructions')
    doc.paragraph('Of an operation of the core, as they are on record: not measured just now. They '
                  'do not depend on what else a machine does; `make gate` counts again.')
    doc.command('bench/gate')
    doc.table(['operation', 'with AVX2', 'without'],
              [[name, *(count.get(variant) or count.get('any', '-')
                        for variant in ('avx2', 'scalar'))] for name, count in counts.items()])


def all_of_them(doc, micros, directory):
    """`micros` by the name of the bench."""
    for section in (store, timers, location, transactions):
        micro = micros[section.__name__]
        if micro.figures:
            section(doc, micro)
    memory(doc, micros['location'], micros['transactions'])
    parser(doc, directory)
