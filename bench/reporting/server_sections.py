"""server_sections - what the whole server does under load."""
from chart import Chart
from markdown import figure, spread
from results import cpu, own_share, rate, summary

WINDOWS = (('store', 'store'), ('store-tcp', 'store over TCP'), ('register', 'REGISTER'),
           ('online', 'relay'))
ANSWERED = (('answer-store', 'store', 'store'), ('answer-register', 'register', 'REGISTER'))


def one_run(runs, series):
    """The command behind a table: the whole series, and the last run of it."""
    return (f'bench/run_server {series}     '
            f'# build/bench/siload {runs.arguments(series)} 127.0.0.1:PORT')


def store_cpu(load):
    return cpu(load, 'store')


def p50_ms(load, phase=None):
    part = load.phase(phase)
    return part.p50_us and part.p50_us / 1e3


def p99_ms(load, phase=None):
    part = load.phase(phase)
    return part.p99_us and part.p99_us / 1e3


def own_cpu(load):
    return load.phase().own_cpu_us


def mean_memory_bytes(runs, series, x):
    """For each user, after the first REGISTER of all: what the process grew by."""
    return summary((run['load'].phase('first').rss_bytes - run['idle_rss_bytes']) / x
                   for run in runs.of(series, x))


def growth(doc, runs, series, unit, what=cpu, name='a message'):
    """How the cost at the last point stands to that at the first one."""
    xs, ratio = runs.xs(series), runs.growth(series, what)
    if ratio is not None and len(xs) > 1:
        doc.paragraph(f'CPU {name} with {xs[-1]:,} {unit} / with {xs[0]:,}: {ratio:.2f}')


def windows(doc, runs):
    doc.heading('Throughput over requests open', 3)
    chart = Chart('Requests a second, by how many are open', 'requests open', 'a second')
    for series, name in WINDOWS:
        if not runs.xs(series):
            continue
        doc.command(one_run(runs, series))
        doc.table([f'{name}: open', 'a second', 'p50 ms', 'p99 ms', 'CPU us each'],
                  [[x, *(spread(runs.values(series, x, what))
                         for what in (rate, p50_ms, p99_ms, cpu))] for x in runs.xs(series)])
        chart.line(name, runs.points(series, rate))
    doc.chart('throughput', chart)


def at_once(doc, runs):
    if not runs.xs('dump'):
        return
    doc.heading('Delivery over users that register at once', 3)
    doc.command(one_run(runs, 'dump'))
    doc.table(['users at once', 'delivered a second', 'CPU us each'],
              [[x, spread(runs.values('dump', x, rate)), spread(runs.values('dump', x, cpu))]
               for x in runs.xs('dump')])
    chart = Chart('Messages delivered a second', 'users at once', 'a second')
    chart.line('delivered', runs.points('dump', rate))
    doc.chart('delivery', chart)


def rates(doc, runs):
    if not runs.xs('rate'):
        return
    doc.heading('Latency of a store over the offered rate', 3)
    doc.paragraph('Open loop: sending times are fixed beforehand, and latency counts from the '
                  'time that was meant.')
    doc.command(one_run(runs, 'rate'))
    doc.table(['offered a second', 'stored a second', 'p50 ms', 'p99 ms', 'CPU us each'],
              [[f'{x:,}', *(spread(runs.values('rate', x, what))
                            for what in (rate, p50_ms, p99_ms, cpu))] for x in runs.xs('rate')])
    chart = Chart('Latency of a store', 'offered a second', 'ms', log_y=True)
    chart.line('p50', runs.points('rate', p50_ms))
    chart.line('p99', runs.points('rate', p99_ms))
    doc.chart('latency', chart)


def waiting(doc, runs):
    xs = runs.xs('waiting')
    if not xs:
        return
    doc.heading('Messages waiting', 3)
    doc.paragraph('So many wait for other users while 60,000 are stored and then delivered, on '
                  'servers that were filled beforehand and take turns. What is counted is the '
                  'second run after a start: the first one touches memory that is touched once.')
    doc.command(one_run(runs, 'waiting'))
    doc.table(['waiting', 'stored a second', 'CPU us', 'delivered a second', 'CPU us', 'start ms'],
              [[f'{x:,}', *(spread(runs.values('waiting', x, what)) for what in
                            (lambda l: rate(l, 'store'), store_cpu, rate, cpu)),
                spread(runs.facts('waiting', x, 'start_ms'))] for x in xs])
    growth(doc, runs, 'waiting', 'waiting', store_cpu, 'a message stored')
    growth(doc, runs, 'waiting', 'waiting', cpu, 'a message delivered')
    chart = Chart('Throughput by messages waiting', 'messages waiting', 'a second')
    chart.line('stored', runs.points('waiting', lambda l: rate(l, 'store')))
    chart.line('delivered', runs.points('waiting', rate))
    doc.chart('waiting', chart)
    chart = Chart('CPU by messages waiting', 'messages waiting', 'us a message')
    chart.line('stored', runs.points('waiting', store_cpu))
    chart.line('delivered', runs.points('waiting', cpu))
    doc.chart('waiting-cpu', chart)


def lengths(doc, runs):
    xs = runs.xs('length')
    if not xs:
        return
    doc.heading('Length of a dump', 3)
    doc.paragraph('One user at a time, whose messages leave one by one, of the same number in all; '
                  'the store lies in memory where the machine has a file system for it, or waiting '
                  'for the disk would be all that is seen.')
    doc.command(one_run(runs, 'length'))
    doc.table(['messages of a user', 'delivered a second', 'CPU us each'],
              [[f'{x:,}', spread(runs.values('length', x, rate)),
                spread(runs.values('length', x, cpu))] for x in xs])
    growth(doc, runs, 'length', 'messages of a user')
    chart = Chart('CPU by the length of a dump', 'messages of a user', 'us a message')
    chart.line('delivered', runs.points('length', cpu))
    doc.chart('length-cpu', chart)


def users(doc, runs):
    if not runs.xs('register-users') and not runs.xs('online-users'):
        return
    doc.heading('Users registered', 3)
    chart = Chart('CPU by users registered', 'users', 'us a request')
    for series, name in (('register-users', 'REGISTER'), ('online-users', 'relay')):
        if not runs.xs(series):
            continue
        has_memory = series == 'register-users'
        doc.command(one_run(runs, series))
        doc.table([f'{name}: users', 'a second', 'CPU us each',
                   *(['bytes a user'] if has_memory else [])],
                  [[f'{x:,}', spread(runs.values(series, x, rate)),
                    spread(runs.values(series, x, cpu)),
                    *([spread(mean_memory_bytes(runs, series, x)) if x >= 1000 else '-']
                      if has_memory else [])] for x in runs.xs(series)])
        growth(doc, runs, series, 'users', name=f'a {name}')
        chart.line(name, runs.points(series, cpu))
    doc.paragraph('Bytes are what the process grew by until all had registered: bindings, their '
                  'transactions, and buffers.')
    doc.chart('users-cpu', chart)


def generator(doc, runs):
    measured = [(series, of, name) for series, of, name in ANSWERED if runs.xs(series)]
    if not measured:
        return
    doc.heading('The load generator itself', 3)
    doc.paragraph('`siload` loads another one, which agrees to everything and does nothing else: '
                  'its ceiling on this machine. A rate of the server that comes near to it is '
                  'more of siload than of the server.')
    for series, of, name in measured:
        doc.command(one_run(runs, series))
        doc.table([f'{name}: open', 'a second, answered by siload', 'own CPU us each'],
                  [[x, *(spread(runs.values(series, x, what)) for what in (rate, own_cpu))]
                   for x in runs.xs(series)])
        if runs.xs(of):
            share_of_ceiling(doc, runs, series, of)


def share_of_ceiling(doc, runs, series, of):
    """The server's highest rate beside that of siload, and who has the CPU there."""
    x, served = runs.highest(of, rate)
    _, ceiling = runs.highest(series, rate)
    share = runs.values(of, x, own_share)
    text = (f'The server does {figure(served[0])} a second at most ({x:,} open), '
            f'{served[0] / ceiling[0]:.2f} of that.')
    if share:
        text += f' Of the CPU that both use there siload has {share[0]:.0%}.'
    doc.paragraph(text)


def glance(doc, runs):
    """The figures that goals are set for."""
    rows = []

    def row(name, series, x, what=rate, used=cpu, unit='/s'):
        if x in runs.xs(series):
            value = runs.values(series, x, what)
            rows.append([name, f'{spread(value)} {unit}',
                         spread(runs.values(series, x, used)) if used else ''])

    for x in (64, 256, 1024):
        row(f'stored, {x} open', 'store', x)
    row('delivered, 64 users at once', 'dump', 64)
    row('REGISTER, 64 open', 'register', 64)
    row('relayed, 64 open', 'online', 64)
    row('store at 500/s, p50', 'rate', 500, p50_ms, None, 'ms')
    row('store at 500/s, p99', 'rate', 500, p99_ms, None, 'ms')
    idle = summary(run.get('idle_rss_bytes') for run in runs.runs)
    if idle:
        rows.append(['memory, idle', f'{figure(idle[0] / 1e6)} MB', ''])
    doc.table(['', 'median (least-most)', 'CPU us each'], rows)


def all_of_them(doc, runs):
    if not runs.runs:
        return
    doc.heading('The server')
    doc.paragraph(f'Default settings, over UDP but where it says TCP; bodies of 128 octets, 2,000 '
                  f'users but where they vary; every body is checked. Load and server share the '
                  f'machine. Medians (least-most) of the rounds, here '
                  f'{runs.rounds(runs.runs[0]["series"])}, in which the points of a series take '
                  f'turns. All of it:')
    doc.command(runs.command)
    glance(doc, runs)
    for section in (windows, at_once, rates, waiting, lengths, users, generator):
        section(doc, runs)
