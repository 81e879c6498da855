"""check - under what the server runs in a soak, and what that said at its end.

    check = CHECKS['valgrind'](directory)
    Silo(..., under=check.under)
    ...
    for line in check.faults(exit_code): ...
    check.summary           # for the report
"""
import glob
import os
import re

import silo

LEAKS = 99  # the exit code for what is found


class Nothing:
    """The release build as it is: what it takes is judged."""
    rate, piece_s, start_s, stop_s = 1000, None, 10, 10
    judges_memory, sees_leaks = True, False
    under = ()
    summary = ''

    def __init__(self, directory):
        self.directory = directory

    def faults(self, code):
        if code != 0:
            yield f'exit code {code} after SIGTERM'


class Tool(Nothing):
    """What a tool takes itself is not judged: quarantines, shadows."""
    judges_memory, sees_leaks = False, True
    piece_s, start_s, stop_s = 600, 60, 60

    def __init__(self, directory):
        super().__init__(directory)
        self.pattern = os.path.join(directory, f'{type(self).__name__.lower()}.log')
        self.forget()

    def forget(self):
        for path in glob.glob(f'{self.pattern}*'):
            os.remove(path)

    def words(self):
        text = ''
        for path in sorted(glob.glob(f'{self.pattern}*')):
            with open(path, errors='replace') as file:
                text += file.read()
        return text

    def faults(self, code):
        words = self.words()
        self.summary = self.sum_up(words)
        if code != 0:
            yield f'exit code {code} after SIGTERM: {self.summary}\n{words[-4000:]}'
        self.forget()


class Valgrind(Tool):
    rate = 150
    KINDS = 'definite,indirect,possible'

    @property
    def under(self):
        return ['valgrind', '--leak-check=full', f'--show-leak-kinds={self.KINDS}',
                f'--errors-for-leak-kinds={self.KINDS}', f'--error-exitcode={LEAKS}',
                '--num-callers=30', f'--log-file={self.pattern}']

    def sum_up(self, words):
        """Its last words on each kind of leak, and on errors."""
        found = re.findall(r'==\d+==\s+((?:definitely lost|indirectly lost|possibly lost|'
                           r'still reachable|All heap blocks|in use at exit|total heap usage|'
                           r'ERROR SUMMARY)[^\n]*)', words)
        return '; '.join(re.sub(r'\s+', ' ', line) for line in found)


class Asan(Tool):
    """Address, undefined and leak sanitizers, whose findings go to a file."""
    rate = 400

    def __init__(self, directory):
        super().__init__(directory)
        silo.BINARY = os.path.join(silo.ROOT, 'build', 'check', 'sipsilo')
        os.environ['ASAN_OPTIONS'] = f'detect_leaks=1:exitcode={LEAKS}:log_path={self.pattern}'
        os.environ['UBSAN_OPTIONS'] = 'print_stacktrace=1'

    def sum_up(self, words):
        return '; '.join(re.findall(r'^SUMMARY: (.*)$', words, re.M)) or 'nothing was found'


CHECKS = {'none': Nothing, 'valgrind': Valgrind, 'asan': Asan}
