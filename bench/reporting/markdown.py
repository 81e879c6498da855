"""markdown - tables that a terminal shows well, too, and how figures are written."""


def figure(value):
    """Three or four digits that count."""
    if value is None:
        return '-'
    if abs(value) >= 100:
        return f'{value:,.0f}'
    return f'{value:.1f}' if abs(value) >= 10 else f'{value:.2f}'


def spread(values):
    """Median (least-most)."""
    if values is None:
        return '-'
    median, least, most = values
    if least == most:
        return figure(median)
    return f'{figure(median)} ({figure(least)}-{figure(most)})'


def table(heads, rows):
    """The first column holds names, the rest figures."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]

    def line(cells):
        return '| ' + ' | '.join(cell.ljust(w) if i == 0 else cell.rjust(w)
                                 for i, (cell, w) in enumerate(zip(cells, widths))) + ' |\n'

    rule = '| ' + ' | '.join('-' * w if i == 0 else '-' * (w - 1) + ':'
                             for i, w in enumerate(widths)) + ' |\n'
    return line(heads) + rule + ''.join(line(row) for row in rows) + '\n'
