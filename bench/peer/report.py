"""report - medians of both sides, least and most beside them, and ratios, in Markdown.

    samples[side][row][measure]   a list with one figure of each round
"""
from statistics import median

from load import FAULTS

# Measure, heading, digits behind the point.
TABLES = [
    ('per_second', 'Operations a second', 0),
    ('cpu', 'CPU of the server, microseconds each', 1),
    ('p50', 'Latency, microseconds, median', 0),
    ('p99', 'Latency, microseconds, 99th percentile', 0),
    ('mib', 'Memory, MiB (PSS of all processes)', 1),
    ('restart_s', 'Restart, seconds', 3),
]


def known(figures):
    return [figure for figure in figures if figure is not None]


def number(value, digits):
    return f'{value:,.{digits}f}'


def cell(figures, digits):
    figures = known(figures)
    if not figures:
        return '-'
    if len(figures) == 1:
        return number(figures[0], digits)
    return (f'{number(median(figures), digits)} '
            f'({number(min(figures), digits)}-{number(max(figures), digits)})')


def ratio(ours, theirs):
    """Of what one round measured, since the machine changes from one to the next."""
    ratios = [our / their for our, their in zip(ours, theirs)
              if our is not None and their is not None and their > 0]
    if not ratios:
        return '-'
    value = median(ratios)
    return f'{value:.3f}' if value < 0.1 else f'{value:.2f}' if value < 10 else f'{value:.1f}'


def table(heading, columns, rows):
    lines = [f'| {heading} | ' + ' | '.join(columns) + ' |',
             '| --- |' + ' ---: |' * len(columns)]
    lines += ['| ' + ' | '.join(row) + ' |' for row in rows]
    return '\n'.join(lines) + '\n'


def rows_of(samples, measure):
    ours, theirs = samples.values()
    return [(row, ours[row].get(measure, []), theirs.get(row, {}).get(measure, []))
            for row in ours if known(ours[row].get(measure, []))
            or known(theirs.get(row, {}).get(measure, []))]


def comparison(samples, measure, heading, digits):
    columns = [*samples, 'ratio']
    rows = [[row, cell(ours, digits), cell(theirs, digits), ratio(ours, theirs)]
            for row, ours, theirs in rows_of(samples, measure)]
    return table(heading, columns, rows) if rows else ''


def slope(samples, short, long):
    """How much more time a message takes when more are dumped; '' if not measured."""
    told = []
    for side, rows in samples.items():
        rates = [rows.get(name, {}).get('per_second', []) for name in (short, long)]
        ratios = [few / many for few, many in zip(*rates) if few and many]
        if not ratios:
            return ''
        told.append(f'{side} {median(ratios):.2f}')
    return f'Time a message, {long} / {short}: {", ".join(told)}.\n'


def faults(samples):
    """All rounds together, and only where something was wrong."""
    rows = []
    for row in next(iter(samples.values())):
        for fault in FAULTS:
            sums = [sum(known(rows_of_side.get(row, {}).get(fault, [])))
                    for rows_of_side in samples.values()]
            if any(sums):
                rows.append([f'{row}: {fault}', *(number(count, 0) for count in sums)])
    if not rows:
        return f'Nothing was {", ".join(FAULTS[:-1])} or {FAULTS[-1]}, on either side.\n'
    return table('What went wrong, all rounds together', list(samples), rows)
