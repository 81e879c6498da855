"""load - one run of the load generator against one side.

    figures = load.run('store', ['-w', 64], side.address, side.pids(), directory)

Figures are what the tool's JSON says of the phase that the workload is for. What went wrong at
the server is no error here: it is a figure.
"""
import json
import os
import signal
import subprocess

from root import ROOT

TOOL = os.environ.get('SILOAD', os.path.join(ROOT, 'build', 'bench', 'siload'))
LIMIT_S = int(os.environ.get('LIMIT', '120'))
MEASURES = ('per_second', 'p50', 'p99', 'cpu')
# What a server that keeps its promises leaves at 0: in `messages`, and of all requests.
DAMAGES = ('lost', 'doubled', 'reordered', 'misdelivered', 'corrupted', 'changed')
REFUSALS = {'failed': 'refused', 'timed_out': 'not answered'}
FAULTS = (*DAMAGES, *REFUSALS.values())


def words(workload, options, address, pids, path):
    return [TOOL, *map(str, options), '-q', '-p', ','.join(map(str, pids)), '--json', path,
            workload, f'{address[0]}:{address[1]}']


def run(workload, options, address, pids, directory):
    path = os.path.join(directory, 'figures.json')
    if os.path.exists(path):
        os.remove(path)
    tool = subprocess.Popen(words(workload, options, address, pids, path), text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE)
    said = finish(tool)
    if not os.path.exists(path):
        raise RuntimeError(f'siload {workload}: exit code {tool.returncode}: {said[-1000:]}')
    with open(path) as figures:
        return flat(json.load(figures))


def finish(tool):
    """Its standard error. Past the limit it is asked for what it has so far."""
    try:
        return tool.communicate(timeout=LIMIT_S)[1]
    except subprocess.TimeoutExpired:
        tool.send_signal(signal.SIGINT)
    try:
        return tool.communicate(timeout=10)[1]
    except subprocess.TimeoutExpired:
        tool.kill()
        return tool.communicate()[1]


def flat(said):
    phase = next(phase for phase in said['phases'] if phase['measured'])
    figures = {'per_second': phase['a_second'], 'cpu': phase['server']['cpu_us_each'],
               'p50': None, 'p99': None}
    # One side delivers all that waits for a user at once, the other one by one: the time that
    # a message takes says nothing of them.
    if said['workload'] != 'dump':
        latency = phase['requests'][said['workload']]['latency_us']
        figures.update(p50=latency['p50'], p99=latency['p99'])
    figures.update((damage, said['messages'][damage]) for damage in DAMAGES)
    tallies = [tally for phase in said['phases'] for tally in phase['requests'].values()]
    figures.update((refusal, sum(tally[key] for tally in tallies))
                   for key, refusal in REFUSALS.items())
    return figures
