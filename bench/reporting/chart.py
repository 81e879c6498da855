"""chart - lines over a logarithmic x axis, as SVG that follows the reader's light or dark.

    chart = Chart('Stores a second', 'requests open', 'a second')
    chart.line('UDP', [(1, 4100, 3900, 4200), (64, 22000, 21000, 23000)])   # x, median, least, most
    chart.write(path)

A point has a bar from the least to the most of its rounds. The x axis is marked at the points.
"""
import math
from html import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 64, 44
COLORS = (('#0969da', '#4493f8'), ('#bc4c00', '#f0883e'), ('#1a7f37', '#3fb950'),
          ('#8250df', '#a371f7'), ('#cf222e', '#f85149'), ('#6e7781', '#9198a1'))


def style():
    light = ''.join(f'.s{i} {{ stroke: {a}; fill: {a} }}\n' for i, (a, _) in enumerate(COLORS))
    dark = ''.join(f'  .s{i} {{ stroke: {b}; fill: {b} }}\n' for i, (_, b) in enumerate(COLORS))
    return ('<style>\n'
            'text { font: 13px sans-serif; fill: #24292f; stroke: none }\n'
            '.title { font-weight: bold; font-size: 15px }\n'
            '.axis { stroke: #8c959f }\n.grid { stroke: #d8dee4 }\n'
            'polyline { stroke-width: 2; fill: none }\n'
            f'{light}polyline {{ fill: none !important }}\n'
            '@media (prefers-color-scheme: dark) {\n  text { fill: #e6edf3 }\n'
            f'  .axis {{ stroke: #6e7681 }}\n  .grid {{ stroke: #30363d }}\n{dark}}}\n</style>\n')


def short(value):
    """1000 as 1k, 2500000 as 2.5M, 1024 as it is."""
    for factor, letter in ((1e6, 'M'), (1e3, 'k')):
        if abs(value) >= factor and value % (factor / 10) == 0:
            return f'{value / factor:g}{letter}'
    return f'{value:g}'


def steps(most):
    """From 0 to at least `most`, in round numbers."""
    power = 10 ** math.floor(math.log10(most / 4))
    step = next(n * power for n in (1, 2, 2.5, 5, 10) if most / (n * power) <= 5)
    return [i * step for i in range(math.ceil(most / step) + 1)]


def decades(least, most):
    return [10.0 ** n for n in range(math.floor(math.log10(least)),
                                     max(math.ceil(math.log10(most)),
                                         math.floor(math.log10(least)) + 1) + 1)]


class Chart:
    def __init__(self, title, x_label, y_label, log_y=False):
        self.title, self.x_label, self.y_label, self.log_y = title, x_label, y_label, log_y
        self.lines = []

    def line(self, name, points):
        """Points without a median are left out, and a line without points."""
        points = [p for p in points if p[1] is not None and (p[2] > 0 or not self.log_y)]
        if points:
            self.lines.append((name, points))

    def scale(self):
        xs = sorted({p[0] for _, points in self.lines for p in points})
        values = [v for _, points in self.lines for p in points for v in p[1:]]
        most = max(max(values), 1e-9)
        self.ticks = decades(min(values), most) if self.log_y else steps(most)
        self.place(xs)

    def place(self, xs):
        self.xs = xs
        self.left, self.right = math.log10(xs[0]), math.log10(xs[-1])

    def x(self, value):
        span = self.right - self.left
        part = (math.log10(value) - self.left) / span if span else 0.5
        return LEFT + 12 + part * (WIDTH - LEFT - RIGHT - 36)

    def y(self, value):
        to = math.log10 if self.log_y else float
        low, high = to(self.ticks[0]), to(self.ticks[-1])
        return HEIGHT - BOTTOM - (to(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def axes(self):
        bottom = HEIGHT - BOTTOM
        yield f'<text class="title" x="10" y="22">{escape(self.title)}</text>'
        for tick in self.ticks:
            y = self.y(tick)
            yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(tick)}</text>'
        yield (f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" '
               f'y2="{bottom}"/>')
        for value in self.xs:
            yield (f'<text x="{self.x(value):.1f}" y="{bottom + 18}" text-anchor="middle">'
                   f'{short(value)}</text>')
        yield (f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">'
               f'{escape(self.x_label)}</text>')
        yield f'<text x="{WIDTH - RIGHT}" y="22" text-anchor="end">{escape(self.y_label)}</text>'

    def legend(self):
        at = 10
        for i, (name, _) in enumerate(self.lines):
            yield f'<rect class="s{i}" x="{at}" y="36" width="14" height="10"/>'
            yield f'<text x="{at + 20}" y="46">{escape(name)}</text>'
            at += 40 + 7.5 * len(name)

    def curve(self, number, points):
        at = [(self.x(x), self.y(median), self.y(least), self.y(most))
              for x, median, least, most in points]
        yield (f'<polyline class="s{number}" points="'
               + ' '.join(f'{x:.1f},{y:.1f}' for x, y, _, _ in at) + '"/>')
        for x, y, low, high in at:
            yield (f'<line class="s{number}" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" '
                   f'y2="{high:.1f}"/>')
            yield f'<circle class="s{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'

    def write(self, path):
        """False: nothing to show."""
        if not self.lines:
            return False
        self.scale()
        with open(path, 'w') as out:
            out.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                      f'width="{WIDTH}" height="{HEIGHT}" role="img">\n'
                      f'<title>{escape(self.title)}</title>\n{style()}')
            for part in (*self.axes(), *self.legend()):
                out.write(part + '\n')
            for number, (_, points) in enumerate(self.lines):
                for part in self.curve(number, points):
                    out.write(part + '\n')
            out.write('</svg>\n')
        return True
