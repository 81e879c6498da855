"""report - a soak as one page, with a picture of each figure beside it."""
import collections

import machine
from document import Document
from time_chart import TimeChart
from verdict import FIGURES

WAITING = ('waiting', 'Messages waiting', '', 1)


def charts(doc, pieces):
    """All pieces one behind the other."""
    for name, title, unit, scale in [*((f.name, f.title, f.unit, f.scale) for f in FIGURES),
                                     WAITING]:
        chart, points, began = TimeChart(title, 'minutes', unit), [], 0
        for piece in pieces:
            points += [((began + at) / 60, value / scale) for at, value in piece.samples.of(name)]
            began = 60 * points[-1][0] if points else 0
        chart.line(title, points)
        doc.chart(name, chart)


def cells(piece, line):
    scale, figure = line.figure.scale, line.figure
    judged = piece.is_judged(line)
    return [figure.title + (f', {figure.unit}' if figure.unit else ''),
            *(f'{value / scale:.2f}' for value in (line.first, line.most, line.least_of_half,
                                                   line.most_of_half)),
            f'{line.growth / scale:+.2f}', f'{line.allowed / scale:.2f}' if judged else '-',
            ('flat' if line.is_flat else 'GROWS') if judged else 'not judged']


def figures(doc, piece):
    doc.table(['', 'first', 'most', 'least of the 2nd half', 'most of it', 'growth in it',
               'allowed', ''], [cells(piece, line) for line in piece.lines])


def traffic(doc, pieces):
    messages, requests, deeds, answers, events = (collections.Counter() for _ in range(5))
    for piece in pieces:
        messages.update(piece.traffic.messages)
        requests.update(piece.traffic.requests)
        deeds.update(piece.traffic.crowd.done)
        answers.update(piece.traffic.crowd.answers)
        events.update(piece.events.counts)
    doc.heading('Traffic')
    doc.table(['siload', 'messages'], [[key, f'{messages[key]:,}'] for key in (
        'sent', 'accepted', 'arrived', 'lost', 'doubled', 'corrupted', 'reordered',
        'misdelivered', 'repeated')])
    columns = ('sent', 'succeeded', 'failed', 'timed_out', 'sent_again')
    doc.table(['siload', *(column.replace('_', ' ') for column in columns)],
              [[kind, *(f'{requests[kind, column]:,}' for column in columns)]
               for kind in sorted({kind for kind, _ in requests})])
    doc.table(['passers-by', 'times'], [[deed, f'{deeds[deed]:,}'] for deed in sorted(deeds)])
    doc.table(['they were answered', 'times'],
              [[status, f'{answers[status]:,}'] for status in sorted(answers)])
    doc.table(['the server logged', 'times'],
              [[name, f'{events[name]:,}'] for name in sorted(events)])


def verdict(check, pieces, faults):
    """In a few words, and of no more than was looked at: without a tool a leak is seen by growth
    alone."""
    if faults:
        return 'red'
    if all(piece.judges_growth() for piece in pieces):
        return 'nothing grows, leaks or was lost'
    return ('nothing leaks or was lost' if check.sees_leaks else 'nothing was lost') + \
        '; growth not judged'


def write(directory, command, check, pieces, faults):
    doc = Document(directory)
    doc.heading('A soak of sipsilo', 1)
    doc.command(command)
    doc.bullets(machine.lines(directory))
    doc.paragraph(f'**Verdict: {verdict(check, pieces, faults)}.**')
    if faults:
        doc.bullets(fault.splitlines()[0] for fault in faults)
    for number, piece in enumerate(pieces, 1):
        doc.heading(f'Piece {number} of {len(pieces)}: {piece.samples.rows[-1][0]:.0f} s'
                    if piece.samples.rows else f'Piece {number}')
        if piece.lines:
            figures(doc, piece)
            doc.paragraph(f'At rest: {piece.before["fds"]} descriptors before, '
                          f'{piece.after["fds"]} after; {piece.after["waiting"]} messages left; '
                          f'{piece.stopped}')
    charts(doc, pieces)
    traffic(doc, pieces)
    return doc.write('report.md')
