"""relay - sits between a client and the server and notes what passes, octet for octet.

    relay = Relay('TCP', silo.address)    # a client dials 127.0.0.1:relay.port
    relay.delivered()                     # MESSAGE requests that the server sent, in order,
                                          # without retransmissions
    relay.answers('MESSAGE')              # status codes of what the server answered finally

A client's answers are not asked for: Linphone gives some of them over a connection of its own,
to the address in our Via. What the server then no longer has was answered with 2xx.
"""
import selectors
import socket
import threading

from sip import Message


class Stream:
    """Whole messages out of one direction of a TCP connection."""

    def __init__(self):
        self.buffer = b''

    def feed(self, data):
        self.buffer += data
        while True:
            self.buffer = self.buffer.lstrip(b'\r\n')
            head, separator, rest = self.buffer.partition(b'\r\n\r\n')
            if not separator:
                return
            length = int(Message(head + separator).get('content-length') or 0)
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            yield Message(head + separator + rest[:length])


class Relay:
    def __init__(self, protocol, server):
        self.protocol, self.server = protocol, server
        self.requests = {}  # branch -> MESSAGE that the server sent, in order
        self.responses = {}  # branch -> final response that the server sent, in order
        self.ended = False
        kind = socket.SOCK_DGRAM if protocol == 'UDP' else socket.SOCK_STREAM
        self.front = socket.socket(socket.AF_INET, kind)
        self.front.bind(('127.0.0.1', 0))
        self.port = self.front.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        if protocol == 'UDP':
            self.open_udp()
        else:
            self.front.listen()
            self.selector.register(self.front, selectors.EVENT_READ, self.accept)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def open_udp(self):
        self.client = None
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back.connect(self.server)
        self.selector.register(self.front, selectors.EVENT_READ, self.from_client)
        self.selector.register(self.back, selectors.EVENT_READ, self.from_server)

    def from_client(self):
        data, self.client = self.front.recvfrom(65536)
        if data.strip(b'\r\n\0'):
            self.note(Message(data), by_server=False)
        self.back.send(data)

    def from_server(self):
        data = self.back.recv(65536)
        self.note(Message(data), by_server=True)
        self.front.sendto(data, self.client)

    def accept(self):
        client = self.front.accept()[0]
        server = socket.create_connection(self.server)
        self.join(client, server, by_server=False)
        self.join(server, client, by_server=True)

    def join(self, source, target, by_server):
        stream = Stream()

        def pump():
            data = source.recv(65536)
            for message in stream.feed(data):
                self.note(message, by_server)
            if data:
                target.sendall(data)
                return
            for end in (source, target):
                if end.fileno() >= 0:
                    self.selector.unregister(end)
                    end.close()

        self.selector.register(source, selectors.EVENT_READ, pump)

    def note(self, message, by_server):
        via = message.get('via') or b''
        branch = via.partition(b'branch=')[2].partition(b';')[0]
        if by_server and message.method == 'MESSAGE':
            self.requests.setdefault(branch, message)
        if by_server and message.status >= 200:
            self.responses.setdefault(branch, message)

    def run(self):
        while not self.ended:
            for key, _ in self.selector.select(0.1):
                try:
                    key.data()
                except (OSError, KeyError, ValueError):
                    pass  # one end has gone; what matters is what was noted

    def delivered(self):
        return list(self.requests.values())

    def answers(self, method):
        return [response.status for response in list(self.responses.values())
                if response.get('cseq').split()[1].decode() == method]

    def close(self):
        self.ended = True
        self.thread.join()
        self.front.close()
