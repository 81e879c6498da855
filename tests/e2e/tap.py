"""tap - end-to-end tests as sentences, told in TAP.

    @case
    def a_message_for_an_offline_user_waits(): ...

    run()

A case passes when it returns, is skipped by raising Skip(reason), and fails with any other
exception. What it returns, if anything, is printed behind its sentence: the figures.
"""
import sys
import time
import traceback

CASES = []


class Skip(Exception):
    pass


def case(function):
    CASES.append(function)
    return function


def expect(condition, *words):
    """assert, but kept under python -O, and with the facts."""
    if not condition:
        raise AssertionError(' '.join(str(word) for word in words))


def expect_equal(got, wanted, what='value'):
    expect(got == wanted, f'{what}: got {got!r}, wanted {wanted!r}')


def tell(number, sentence, error, note):
    if isinstance(error, Skip):
        print(f'ok {number} - {sentence} # SKIP {error}')
    elif error is not None:
        print(f'not ok {number} - {sentence}')
        text = ''.join(traceback.format_exception(type(error), error, error.__traceback__))
        for line in text.splitlines():
            print(f'#   {line}')
    else:
        print(f'ok {number} - {sentence}' + (f' ({note})' if note else ''))
    sys.stdout.flush()


def run():
    """Runs every case, or those whose name holds one of the arguments; ends the program."""
    failed = 0
    chosen = [c for c in CASES if not sys.argv[1:] or any(a in c.__name__ for a in sys.argv[1:])]
    print(f'1..{len(chosen)}')
    for number, function in enumerate(chosen, 1):
        error = note = None
        start = time.monotonic()
        try:
            note = function()
        except Exception as caught:  # a test must never stop the ones behind it
            error = caught
            failed += not isinstance(caught, Skip)
        tell(number, function.__name__.replace('_', ' '), error, note)
        print(f'# {time.monotonic() - start:.1f} s')
    sys.exit(1 if failed else 0)
