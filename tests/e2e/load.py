"""load - siload as a test starts it, and silos that do wrong on purpose.

    with FaultySilo(deliver=lambda user, bodies: bodies[1:]) as peer:
        result = siload('dump', peer.address, '-n', 20)
        result.code, result.json['messages']['lost'], result.text, result.progress
"""
import json
import os
import socket
import subprocess
import tempfile
import threading

from answering import SILOAD
from relay import Stream
from sip import Message, token
from tap import expect_equal


class NoResult(Exception):
    pass


class Result:
    def __init__(self, code, out, err):
        self.code, self.text = code, err
        try:
            self.json = json.loads(out)
        except ValueError as error:
            raise NoResult(f'siload, exit code {code}: {error} in {out[-400:]!r}; '
                           f'{err[-2000:]}') from error

    def measured(self):
        """The phase that the load was for."""
        phases = [phase for phase in self.json['phases'] if phase['measured']]
        assert len(phases) == 1, self.json['phases']
        return phases[0]

    def damage(self):
        """What is not 0 of what may be wrong with messages."""
        kinds = ('lost', 'doubled', 'corrupted', 'reordered', 'misdelivered', 'changed', 'stale',
                 'foreign', 'repeated')
        return {kind: self.json['messages'][kind] for kind in kinds
                if self.json['messages'][kind]}

    def damaged_users(self):
        """user -> what is not 0."""
        return {entry['user']: {key: value for key, value in entry.items()
                                if key != 'user' and value}
                for entry in self.json['damaged_users']}


def words(workload, address, *options):
    return [SILOAD, *(str(option) for option in options), '--json', '-', workload,
            f'{address[0]}:{address[1]}']


def start(workload, address, *options):
    """What it says goes to files: before its end nobody reads, and a pipe would hold it up."""
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    process = subprocess.Popen(words(workload, address, *options), stdout=out, stderr=err)
    process.out, process.err = out, err
    return process


def said(file):
    """So far; the place at which the process writes on is its own, too, and stays."""
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode(errors='replace')


def finish(process, seconds=60):
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    with process.out, process.err:
        return Result(process.returncode, said(process.out), said(process.err))


def siload(workload, address, *options, seconds=60):
    return finish(start(workload, address, *options), seconds)


def whole(result, sent, waiting=0):
    """All that was sent was accepted, and has arrived or waits."""
    messages = result.json['messages']
    expect_equal(result.code, 0, f'exit code; {result.text}')
    expect_equal(result.json['verdict'], 'whole', 'verdict')
    expect_equal(result.damage(), {}, 'damage')
    expect_equal((messages['sent'], messages['accepted'], messages['arrived'],
                  messages['waiting']), (sent, sent, sent - waiting, waiting),
                 'sent, accepted, arrived, waiting')


class Delivery:
    """One MESSAGE of a dump: a body, and what may be wrong about it."""

    def __init__(self, body, branch=None, user=None, after_s=0):
        self.body, self.branch, self.user, self.after_s = body, branch, user, after_s


class FaultySilo:
    """A silo that keeps what it is sent, and does with it what a test says.

    deliver(user, bodies) -> what a REGISTER of user0 and so on sets free, oldest first: bodies
    or Deliveries, each sent when the one before was answered.
    again(user) -> the same for one that finds nothing stored.
    answer(request, number) -> the status lines to answer with; number counts requests from 0.
    Over TCP it opens connections to the contacts, as a proxy would that has lost them.
    """

    def __init__(self, deliver=None, answer=None, protocol='UDP', again=None):
        self.deliver = deliver or (lambda user, bodies: bodies)
        self.again = again or (lambda user: [])
        self.answer = answer or (
            lambda request, number: ['202 Accepted' if request.method == 'MESSAGE' else '200 OK'])
        self.protocol = protocol
        self.stored = {}    # user -> bodies
        self.waiting = {}   # user -> deliveries not sent yet
        self.in_flight = {}  # Call-ID -> user
        self.requests = 0
        self.lock = threading.Lock()
        self.ended = False
        kind = socket.SOCK_DGRAM if protocol == 'UDP' else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(('127.0.0.1', 0))
        self.address = self.socket.getsockname()
        self.open = []

    def __enter__(self):
        if self.protocol == 'TCP':
            self.socket.listen()
        self.run(self.read_datagrams if self.protocol == 'UDP' else self.accept)
        return self

    def __exit__(self, *_):
        self.ended = True
        for each in [self.socket] + self.open:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # UDP, or gone already
            each.close()

    def run(self, function, *arguments):
        def until_the_end():
            try:
                function(*arguments)
            except OSError:
                if not self.ended:
                    raise

        threading.Thread(target=until_the_end, daemon=True).start()

    def read_datagrams(self):
        self.socket.settimeout(0.2)
        while not self.ended:
            try:
                data, source = self.socket.recvfrom(65536)
            except (TimeoutError, socket.timeout):
                continue
            except ConnectionError:
                continue  # an ICMP error: siload has gone
            self.take(Message(data), lambda out, to=source: self.socket.sendto(out, to))

    def accept(self):
        while not self.ended:
            self.serve(self.socket.accept()[0])

    def serve(self, connection):
        self.open.append(connection)
        self.run(self.read_stream, connection)

    def read_stream(self, connection):
        stream = Stream()
        while not self.ended:
            try:
                data = connection.recv(65536)
            except ConnectionError:
                return
            if not data:
                return
            for message in stream.feed(data):
                self.take(message, connection.sendall)

    def take(self, message, send):
        with self.lock:
            if not message.is_request:
                user, contact, send = self.in_flight.pop(message.get('call-id'),
                                                         (None, None, None))
                if user is not None and message.status >= 200:
                    self.send_next(user, contact, send)
                return
            number = self.requests
            self.requests += 1
            answers = self.answer(message, number)
            for answer in answers:
                self.respond(message, answer, send)
            if not any(answer.startswith('2') for answer in answers):
                return
            if message.method == 'MESSAGE':
                user = message.start.split(b' ')[1].partition(b'@')[0].decode()[len('sip:'):]
                self.stored.setdefault(user, []).append(message.body)
            elif message.method == 'REGISTER' and message.get('expires') != b'0':
                self.take_register(message, send)

    def respond(self, request, answer, send):
        lines = [f'SIP/2.0 {answer}'.encode()]
        for name in ('via', 'from', 'to', 'call-id', 'cseq'):
            lines += [name.encode() + b': ' + value for value in request.all(name)]
        send(b'\r\n'.join(lines) + b'\r\nContent-Length: 0\r\n\r\n')

    def take_register(self, message, send):
        contact = message.get('contact').decode().partition('<')[2].partition('>')[0]
        user = contact.partition('@')[0][len('sip:'):]
        bodies = self.stored.pop(user, [])
        bodies = self.deliver(user, bodies) if bodies else self.again(user)
        self.waiting.setdefault(user, []).extend(
            each if isinstance(each, Delivery) else Delivery(each) for each in bodies)
        if self.protocol == 'TCP':
            host, _, port = contact.partition('@')[2].partition(';')[0].partition(':')
            connection = socket.create_connection((host, int(port)), 5)
            self.serve(connection)
            send = connection.sendall
        self.send_next(user, contact, send)

    def send_next(self, user, contact, send):
        if not self.waiting.get(user):
            return
        delivery = self.waiting[user].pop(0)
        uri = contact.replace(user, delivery.user or user, 1)
        call_id = token().encode()
        self.in_flight[call_id] = user, contact, send
        head = (
            f'MESSAGE {uri} SIP/2.0\r\n'
            f'Via: SIP/2.0/{self.protocol} 127.0.0.1:{self.address[1]};rport;'
            f'branch={delivery.branch or "z9hG4bK" + token()}\r\n'
            f'Max-Forwards: 70\r\nFrom: <sip:siload0@127.0.0.1>;tag={token()}\r\n'
            f'To: <sip:{user}@127.0.0.1>\r\nCall-ID: {call_id.decode()}\r\nCSeq: 1 MESSAGE\r\n'
            f'Content-Type: text/plain\r\nContent-Length: {len(delivery.body)}\r\n\r\n')
        message = head.encode() + delivery.body
        if delivery.after_s == 0:
            send(message)
        else:
            timer = threading.Timer(delivery.after_s, send, [message])
            timer.daemon = True
            timer.start()
