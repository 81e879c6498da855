"""sip - a small SIP user agent: just enough to send, answer, repeat and misbehave.

Messages are built and read as bytes. A Wire is one UDP socket or one TCP connection of a
client: send(bytes), receive(seconds) -> bytes of one message or None. An Agent sits on a
Wire and knows REGISTER, MESSAGE and how to answer.
"""
import itertools
import os
import random
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor

COMPACT = {b'v': b'via', b'f': b'from', b't': b'to', b'i': b'call-id', b'm': b'contact',
           b'l': b'content-length', b'c': b'content-type', b's': b'subject'}
NUMBERS = itertools.count(1)


def token():
    """Unique on this machine, across processes and restarts."""
    return f'{os.getpid():x}.{next(NUMBERS):x}.{random.getrandbits(48):x}'


class Message:
    def __init__(self, data):
        head, separator, self.body = data.partition(b'\r\n\r\n')
        if not separator:
            raise ValueError(f'no SIP message: {data[:200]!r}')
        lines = head.split(b'\r\n')
        self.data = data
        self.start = lines[0]
        self.headers = []
        for line in lines[1:]:
            name, _, value = line.partition(b':')
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))
        length = self.get('content-length')
        if length is not None:
            self.body = self.body[:int(length)]

    def all(self, name):
        return [value for known, value in self.headers if known == name.encode().lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def is_request(self):
        return not self.start.startswith(b'SIP/2.0 ')

    @property
    def method(self):
        return self.start.split(b' ')[0].decode() if self.is_request else ''

    @property
    def status(self):
        return 0 if self.is_request else int(self.start.split(b' ')[1])

    @property
    def reason(self):
        return self.start.split(b' ', 2)[2].decode()


class UdpWire:
    protocol = 'UDP'

    def __init__(self, server, bind=('127.0.0.1', 0)):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(bind)
        self.server = server
        self.port = self.socket.getsockname()[1]

    def fileno(self):
        return self.socket.fileno()

    def send(self, data):
        self.socket.sendto(data, self.server)

    def receive(self, seconds):
        end = time.monotonic() + seconds
        while True:
            left = max(0, end - time.monotonic())
            if not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                return self.socket.recv(65536)
            except ConnectionError:
                continue  # an ICMP error of an earlier datagram: the server was down

    def close(self):
        self.socket.close()


class TcpWire:
    protocol = 'TCP'

    def __init__(self, server, seconds=5):
        self.socket = socket.create_connection(server, seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.socket.getsockname()[1]
        self.buffer = b''

    def fileno(self):
        return self.socket.fileno()

    def send(self, data):
        self.socket.sendall(data)

    def take(self):
        """One whole message out of the buffer, or None."""
        self.buffer = self.buffer.lstrip(b'\r\n')
        head, separator, rest = self.buffer.partition(b'\r\n\r\n')
        if not separator:
            return None
        length = int(Message(head + separator).get('content-length') or 0)
        if len(rest) < length:
            return None
        whole = head + separator + rest[:length]
        self.buffer = rest[length:]
        return whole

    def receive(self, seconds):
        """None when nothing came in time; ConnectionError when the peer has closed."""
        end = time.monotonic() + seconds
        while True:
            data = self.take()
            if data is not None:
                return data
            left = max(0, end - time.monotonic())
            if not select.select([self.socket], [], [], left)[0]:
                return None
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionResetError('closed by the server')
            self.buffer += more

    def close(self):
        self.socket.close()


def wire(protocol, server):
    return UdpWire(server) if protocol == 'UDP' else TcpWire(server)


class Agent:
    """A user of the server: `user` at 127.0.0.1, behind one wire."""

    def __init__(self, user, link):
        self.user = user
        self.link = link
        self.received = []  # Messages, in the order of their first arrival
        self.seen = {}      # Call-ID, CSeq of those -> the answer given
        self.cseq = 0

    def via(self, branch=None):
        return (f'Via: SIP/2.0/{self.link.protocol} 127.0.0.1:{self.link.port}'
                f';branch={branch or "z9hG4bK" + token()};rport\r\n')

    def contact(self):
        suffix = ';transport=tcp' if self.link.protocol == 'TCP' else ''
        return f'<sip:{self.user}@127.0.0.1:{self.link.port}{suffix}>'

    def request(self, method, uri, to, headers='', body=b'', call_id=None, tag=None, cseq=None,
                branch=None):
        head = (f'{method} {uri} SIP/2.0\r\n{self.via(branch)}Max-Forwards: 70\r\n'
                f'From: <sip:{self.user}@127.0.0.1>;tag={tag or token()}\r\n'
                f'To: <{to}>\r\nCall-ID: {call_id or token()}\r\n'
                f'CSeq: {cseq or 1} {method}\r\n{headers}'
                f'Content-Length: {len(body)}\r\n\r\n')
        return head.encode() + body

    def message(self, recipient, body, headers='', **ids):
        uri = f'sip:{recipient}@127.0.0.1'
        if 'Content-Type' not in headers:
            headers += 'Content-Type: text/plain\r\n'
        return self.request('MESSAGE', uri, uri, headers, body, **ids)

    def answer(self, request, status=200, reason='OK'):
        lines = [f'SIP/2.0 {status} {reason}'.encode()]
        for name in ('via', 'from', 'to', 'call-id', 'cseq'):
            for value in request.all(name):
                if name == 'to' and b';tag=' not in value:
                    value += b';tag=' + token().encode()
                lines.append(name.encode() + b': ' + value)
        self.link.send(b'\r\n'.join(lines) + b'\r\nContent-Length: 0\r\n\r\n')

    def take(self, data, status=200):
        """A request that came in: remembered once, answered always; else the response."""
        message = Message(data)
        if not message.is_request:
            return message
        key = (message.get('call-id'), message.get('cseq'))
        if key not in self.seen:
            self.seen[key] = status
            self.received.append(message)
        self.answer(message, self.seen[key])
        return None

    def exchange(self, data, seconds=5):
        """Sends, repeats as RFC 3261 17.1.2 says, returns the final response."""
        wanted = Message(data).get('call-id')
        end = time.monotonic() + seconds
        wait = 0.5 if self.link.protocol == 'UDP' else seconds
        self.link.send(data)
        again = time.monotonic() + wait
        while time.monotonic() < end:
            came = self.link.receive(max(0.001, min(again, end) - time.monotonic()))
            response = self.take(came) if came is not None else None
            if response is not None and response.get('call-id') == wanted and \
                    response.status >= 200:
                return response
            if self.link.protocol == 'UDP' and time.monotonic() >= again:
                self.link.send(data)
                wait = min(2 * wait, 4)
                again = time.monotonic() + wait
        raise TimeoutError(f'no answer within {seconds} s to {data[:60]!r}')

    def send(self, recipient, body, headers='', seconds=5, **ids):
        return self.exchange(self.message(recipient, body, headers, **ids), seconds)

    def register(self, expires=600, headers='', seconds=5):
        self.cseq += 1
        headers = f'Contact: {self.contact()}\r\nExpires: {expires}\r\n{headers}'
        if not hasattr(self, 'register_id'):
            self.register_id = token()
        return self.exchange(self.request('REGISTER', 'sip:127.0.0.1',
                                          f'sip:{self.user}@127.0.0.1', headers,
                                          call_id=self.register_id, cseq=self.cseq), seconds)

    def collect(self, count, seconds=10, status=200):
        """Answers until `count` messages have come, or the time is over; their bodies."""
        end = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < end:
            came = self.link.receive(min(0.2, max(0.001, end - time.monotonic())))
            if came is not None:
                self.take(came, status)
        return [message.body for message in self.received]

    def linger(self, seconds):
        """Goes on answering for so long: what is repeated, or comes unasked."""
        return self.collect(1 << 30, seconds)

    def options(self, seconds=5):
        return self.exchange(self.request('OPTIONS', 'sip:127.0.0.1', 'sip:127.0.0.1'), seconds)


def send_online(sender, body, receiver, seconds=5):
    """To one who is online, and answers while the sender waits: the answer, and all bodies."""
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(sender.send, receiver.user, body, seconds=seconds)
        bodies = receiver.collect(len(receiver.received) + 1, seconds)
        return answer.result(), bodies
