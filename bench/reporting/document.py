"""document - the report as it grows: sections, tables with their commands, charts beside it."""
import os

from markdown import table


class Document:
    def __init__(self, directory):
        self.directory = directory
        self.text = []

    def heading(self, text, level=2):
        self.text.append(f'{"#" * level} {text}\n\n')

    def paragraph(self, text):
        self.text.append(text + '\n\n')

    def bullets(self, lines):
        self.text.append(''.join(f'* {line}\n' for line in lines) + '\n')

    def command(self, text):
        self.text.append(f'    {text}\n\n')

    def table(self, heads, rows):
        self.text.append(table(heads, rows))

    def chart(self, name, chart):
        """Writes NAME.svg and shows it; a chart without a line is left out."""
        if chart.write(os.path.join(self.directory, f'{name}.svg')):
            self.text.append(f'![{chart.title}]({name}.svg)\n\n')

    def raw(self, text):
        self.text.append(text)

    def write(self, name):
        path = os.path.join(self.directory, name)
        with open(path, 'w') as out:
            out.write(''.join(self.text))
        return path
