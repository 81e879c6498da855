"""load - runs of the load generator against one side.

    said = load.run('store', ['-w', 64], side.address, side.pids(), directory)
    load.figures([said, ...])       per_second, cpu and so on: of all of them together
    load.faults([said, ...])        how many were lost and so on

Figures are what the tool's JSON says of the phase that the workload is for. What went wrong at
the server is no error here: it is a figure. A run that did not come to its end is one.
"""
import json
import os
import signal
import subprocess

from root import ROOT

TOOL = os.environ.get('SILOAD', os.path.join(ROOT, 'build', 'bench', 'siload'))
LIMIT_S = int(os.environ.get('LIMIT', '120'))
WHOLE, DAMAGED, UNANSWERED = 0, 1, 3  # exit codes of runs that came to their end
MEASURES = ('per_second', 'p50', 'p99', 'cpu')
# What a server that keeps its promises leaves at 0: in `messages`, and of all requests.
DAMAGES = ('lost', 'doubled', 'reordered', 'misdelivered', 'corrupted', 'changed')
REFUSALS = {'failed': 'refused', 'timed_out': 'unanswered'}
FAULTS = (*DAMAGES, 'given up', *REFUSALS.values())
# A silo may put a date in front of a body, and may refuse what is too much for it.
ALLOWED = ('changed', 'refused')


def words(workload, options, address, pids, path):
    return [TOOL, *map(str, options), '-q', '-p', ','.join(map(str, pids)), '--json', path,
            workload, f'{address[0]}:{address[1]}']


def run(workload, options, address, pids, directory):
    """What it says, once it came to its end."""
    path = os.path.join(directory, 'figures.json')
    if os.path.exists(path):
        os.remove(path)
    tool = subprocess.Popen(words(workload, options, address, pids, path), text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE)
    try:
        said = tool.communicate(timeout=LIMIT_S)[1]
    except subprocess.TimeoutExpired:
        raise RuntimeError(f'siload {workload}: not done after {LIMIT_S} s, '
                           f'{interrupt(tool)[-1000:]}') from None
    finally:
        tool.kill()  # nothing, but where this program is interrupted
    if tool.returncode not in (WHOLE, DAMAGED, UNANSWERED) or not os.path.exists(path):
        raise RuntimeError(f'siload {workload}: exit code {tool.returncode}: {said[-1000:]}')
    with open(path) as figures:
        return json.load(figures)


def interrupt(tool):
    """What it says then."""
    tool.send_signal(signal.SIGINT)
    try:
        return tool.communicate(timeout=10)[1]
    except subprocess.TimeoutExpired:
        tool.kill()
        return tool.communicate()[1]


def measured(said):
    """The phase that the load was for."""
    for phase in said['phases']:
        if phase['measured']:
            return phase
    raise RuntimeError(f'siload {said["workload"]}: {said["verdict"]} before it measured')


def seconds(runs):
    return sum(measured(said)['seconds'] for said in runs)


def count(runs):
    return sum(measured(said)['count'] for said in runs)


def cpu_s(phases):
    """Of all processes of the server; None where one of them was gone."""
    servers = [phase.get('server') for phase in phases]
    if None in servers:
        return None
    return sum(server['cpu_s'] for server in servers)


def us_each(used_s, runs):
    return None if used_s is None or count(runs) == 0 else used_s * 1e6 / count(runs)


def cpu_us_each(runs):
    return us_each(cpu_s(map(measured, runs)), runs)


def whole_cpu_us_each(runs, used_s):
    """Of what a server used during all runs. That all register again, so that what comes twice
    is seen, is no part of it."""
    again_s = cpu_s(phase for said in runs for phase in said['phases'] if phase['name'] == 'again')
    return None if again_s is None else us_each(used_s - again_s, runs)


def latency_us(runs):
    """One side delivers all that waits for a user at once, the other one by one: the time that
    a message takes says nothing of dumps."""
    workload = runs[0]['workload']
    if workload == 'dump':
        return {'p50': None, 'p99': None}
    latency = measured(runs[0])['requests'][workload]['latency_us']
    return {'p50': latency['p50'], 'p99': latency['p99']}


def figures(runs):
    """A row's, of one run or of those of a dump that was repeated."""
    return {'per_second': count(runs) / seconds(runs) if seconds(runs) else 0,
            'cpu': cpu_us_each(runs), **latency_us(runs)}


def faults(runs):
    found = dict.fromkeys(FAULTS, 0)
    for said in runs:
        found['given up'] += said['wire']['users_given_up']
        for damage in DAMAGES:
            found[damage] += said['messages'][damage]
        for phase in said['phases']:
            for tally in phase['requests'].values():
                for key, refusal in REFUSALS.items():
                    found[refusal] += tally[key]
    return found
