"""verdict - whether a figure stays where it is.

A run warms up in its first half: tables and pools grow to what the load needs. Through the samples
of the second half goes a line, by least squares; what it rises from one end to the other is growth.
A figure is flat where that is within its tolerance: memory and the store may breathe by a part of
what they are or by a fixed amount, whichever is more.

What the server remembers for a time (msilo.expire_time of the soak, repetitions for 64 s in two
generations, transactions and connections) fills up first: a run shorter than JUDGED_S says nothing.
"""
MIB = 1 << 20
JUDGED_S = 300


class Figure:
    def __init__(self, name, title, unit, scale, fixed, part):
        self.name, self.title, self.unit, self.scale = name, title, unit, scale
        self.fixed, self.part = fixed, part


# A leak of 100 octets a message is past the first one after 10,500 messages.
FIGURES = (
    Figure('own', 'Memory of its own (anonymous RSS)', 'MiB', MIB, MIB, 0.05),
    Figure('rss', 'Resident memory (RSS), with the pages of the store', 'MiB', MIB, 2 * MIB, 0.05),
    Figure('pss', 'Its share of it (PSS)', 'MiB', MIB, 2 * MIB, 0.05),
    Figure('fds', 'File descriptors', '', 1, 16, 0.05),
    Figure('threads', 'Threads', '', 1, 0.5, 0),
    Figure('used', 'Pages of the map in use', 'MiB', MIB, MIB, 0.1),
    Figure('file', 'The file of the store', 'MiB', MIB, MIB, 0.05),
)


def second_half(points):
    middle = (points[0][0] + points[-1][0]) / 2 if points else 0
    return [point for point in points if point[0] >= middle]


def slope(points):
    """Of the line through them by least squares, a second; 0 for fewer than two."""
    count = len(points)
    if count < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


class Line:
    """What became of one figure."""

    def __init__(self, figure, points):
        half = second_half(points)
        values = [value for _, value in half]
        mean = sum(values) / len(values)
        self.figure = figure
        self.first, self.last, self.most = points[0][1], points[-1][1], max(y for _, y in points)
        self.least_of_half, self.most_of_half = min(values), max(values)
        self.per_s = slope(half)
        self.growth = self.per_s * (half[-1][0] - half[0][0])
        self.allowed = max(figure.fixed, figure.part * mean)
        self.is_long_enough = points[-1][0] - points[0][0] >= 0.9 * JUDGED_S
        self.is_flat = self.growth <= self.allowed

    def fault(self):
        name, unit, scale = self.figure.title, self.figure.unit, self.figure.scale
        return (f'{name}: grows by {self.growth / scale:.2f} {unit} in the second half; '
                f'{self.allowed / scale:.2f} are allowed')
