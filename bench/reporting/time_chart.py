"""time_chart - a figure over the minutes of a run, as SVG.

    chart = TimeChart('Memory', 'minutes', 'MiB')
    chart.line('RSS', [(0, 4.1), (0.1, 4.2)])
    chart.write(path)               # the name of a line is shown beside another one

The x axis is linear and in round steps; a line is thin and without marks, since it has many
points.
"""
from chart import LEFT, RIGHT, WIDTH, Chart, steps


class TimeChart(Chart):
    def line(self, name, points):
        super().line(name, [(x, value, value, value) for x, value in points])

    def place(self, xs):
        self.last = max(xs[-1], 1e-3)
        self.xs = [x for x in steps(self.last) if x <= self.last * 1.001]

    def legend(self):
        return super().legend() if len(self.lines) > 1 else ()

    def x(self, value):
        return LEFT + 12 + value / self.last * (WIDTH - LEFT - RIGHT - 36)

    def curve(self, number, points):
        at = ' '.join(f'{self.x(x):.1f},{self.y(y):.1f}' for x, y, _, _ in points)
        yield f'<polyline class="s{number}" style="stroke-width: 1.2" points="{at}"/>'
