"""passersby - those among the users of a server whom no load generator has: who speak no SIP or bad
SIP, are not known, come and go without a word, refuse, or never come for what waits for them.

    crowd = Crowd(silo.address, rate=50, seed=1)
    crowd.start()
    crowd.stop()            # waits for its thread
    crowd.done, crowd.answers, crowd.error

What they store expires within EXPIRES_MAX_S.
"""
import collections
import random
import re
import select
import socket
import struct
import threading
import time

from sip import Agent, Message, TcpWire, UdpWire, token

EXPIRES_MAX_S = 5
PHONES, CALLERS, ABSENT = 12, 4, 200
STRANGER = ('127.0.0.2', 0)  # not of core.trusted
TLS_HELLO = bytes.fromhex('160301006c01000068030364') + bytes(range(96))
HTTP = b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n'
SHAPES = [b'', b'\0', b'\0' * 3000, b'\r\n\r\n', b'\n' * 500, TLS_HELLO, HTTP, b'SIP/2.0',
          b'MESSAGE', b'SIP/2.0 200 OK\r\n\r\n', b'MESSAGE  SIP/2.0\r\n\r\n', b'\xff' * 1400, b'<' * 5000,
          b'"' * 5000, b'REGISTER sip:127.0.0.1 SIP/2.0' + b';' * 60000,
          b'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n\r\n']
FAULTS = [(rb'\r\nCall-ID:[^\r]*', b''), (rb'\r\nFrom:[^\r]*', b''), (rb'\r\nVia:[^\r]*', b''),
          (rb'1 MESSAGE', b'1 OPTIONS'), (rb'CSeq: 1', b'CSeq: 99999999999'),
          (rb'Max-Forwards: 70', b'Max-Forwards: 0'), (rb'Max-Forwards: 70', b'Max-Forwards: x'),
          (rb'\r\nTo:', b'\r\nCall-ID: another\r\nTo:'), (rb'\r\nTo:', b'\r\nSubject: a\0b\r\nTo:'),
          (rb'\r\nTo:', b'\r\nRequire: teleport, 100rel\r\nTo:'), (rb'SIP/2.0\r\n', b'SIP/3.0\r\n'),
          (rb'Content-Length: \d+', b'Content-Length: -5'), (rb'MESSAGE sip:', b'MESSAGE gopher:'),
          (rb'Content-Length: \d+', b'Content-Length: 4294967295'),
          (rb'MESSAGE sip:\S+', b'MESSAGE sip:bob@elsewhere.example')]
REFUSALS = [(200, 'OK')] * 4 + [(480, 'Temporarily Unavailable'), (486, 'Busy Here'),
                                (500, 'Server Internal Error'), (603, 'Decline'),
                                (180, 'Ringing'), None]


def reset(link):
    """Ends a connection so that its peer need not wait for anything."""
    if link.protocol == 'TCP':
        link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    link.close()


class Phone(Agent):
    """Answers as it likes, when it is looked at."""

    def __init__(self, user, address, protocol, chance):
        super().__init__(user, UdpWire(address) if protocol == 'UDP' else TcpWire(address))
        self.address, self.chance = address, chance

    def register_for(self, expires):
        self.cseq += 1
        self.link.send(self.request(
            'REGISTER', 'sip:127.0.0.1', f'sip:{self.user}@127.0.0.1',
            f'Contact: {self.contact()}\r\nExpires: {expires}\r\n', cseq=self.cseq,
            call_id=f'{self.user}@{self.link.port}'))

    def look(self, answers):
        """What came: requests are answered, or not; responses counted."""
        while (data := self.link.receive(0)) is not None:
            message = Message(data)
            if not message.is_request:
                answers[message.status] += 1
            elif message.method != 'ACK':
                answer = self.chance.choice(REFUSALS)
                if answer is not None:
                    self.answer(message, *answer)


class Crowd(threading.Thread):
    def __init__(self, address, rate, seed=1):
        super().__init__(daemon=True)
        self.address, self.rate = address, rate
        self.chance = random.Random(seed)
        self.done, self.answers = collections.Counter(), collections.Counter()
        self.over, self.error = threading.Event(), None
        self.stranger = Agent('mallory', UdpWire(address, STRANGER))
        self.senders = [Phone(f'sender{i}', address, 'UDP', self.chance) for i in range(CALLERS)]
        self.phones = [Phone(f'phone{i}', address, 'UDP', self.chance) for i in range(PHONES)]
        self.last = None
        self.deeds = [getattr(self, name) for name in dir(self) if name.startswith('do_')]

    def run(self):
        began, count = time.monotonic(), 0
        try:
            while not self.over.is_set():
                deed = self.chance.choice(self.deeds)
                self.attempt(deed)
                count += 1
                self.over.wait(max(0, began + count / self.rate - time.monotonic()))
        except Exception as error:  # a fault of the soak, told at its end
            self.error = error
        for agent in [self.stranger, *self.senders, *self.phones]:
            agent.link.close()

    def attempt(self, deed):
        try:
            deed()
            self.done[deed.__name__[3:].replace('_', ' ')] += 1
        except (ConnectionError, TimeoutError, socket.timeout):
            self.done['cut off by the server'] += 1
        for agent in (*self.senders, *self.phones):
            agent.look(self.answers)
        self.drain(self.stranger.link)

    def drain(self, link):
        while select.select([link], [], [], 0)[0]:
            data = link.socket.recv(65536)
            if not data:
                return
            if data.startswith(b'SIP/2.0 '):
                self.answers[int(data[8:11])] += 1

    def stop(self):
        self.over.set()
        self.join()

    def words(self):
        return b'x' * self.chance.randrange(1, 1200)

    def expiring(self, agent, recipient, **ids):
        headers = (f'Expires: {self.chance.randint(1, EXPIRES_MAX_S)}\r\n'
                   f'Contact: {agent.contact()}\r\n')
        return agent.message(recipient, self.words(), headers, **ids)

    # ---- who is no peer, or a bad one

    def do_garbage_in_a_datagram(self):
        piece = self.chance.choice([*SHAPES, self.chance.randbytes(self.chance.randrange(1, 3000))])
        self.stranger.link.send(piece)

    def do_a_fault(self):
        pattern, by = self.chance.choice(FAULTS)
        sender = self.chance.choice(self.senders)
        data = self.expiring(sender, f'absent{self.chance.randrange(ABSENT)}')
        sender.link.send(re.sub(pattern, lambda _: by, data, count=1))

    def do_not_be_trusted(self):
        self.stranger.link.send(self.expiring(self.stranger, 'absent0'))
        self.stranger.link.send(self.stranger.request(
            'REGISTER', 'sip:127.0.0.1', 'sip:mallory@127.0.0.1',
            f'Contact: {self.stranger.contact()}\r\nExpires: 60\r\n', cseq=1))

    def do_answer_what_nobody_asked(self):
        ids = token()
        self.stranger.link.send((f'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch='
                                 f'z9hG4bK{ids}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n'
                                 f'Call-ID: {ids}\r\nCSeq: 1 MESSAGE\r\n'
                                 'Content-Length: 0\r\n\r\n').encode())

    def do_garbage_in_a_stream(self):
        link = TcpWire(self.address)
        link.send(self.chance.choice(SHAPES))
        self.leave(link)

    def do_a_message_cut_off(self):
        link = TcpWire(self.address)
        data = self.expiring(Agent('alice', link), 'absent1')
        link.send(data[:self.chance.randrange(1, len(data))])
        self.leave(link)

    def do_a_message_in_pieces(self):
        link = TcpWire(self.address)
        data = self.expiring(Agent('alice', link), f'absent{self.chance.randrange(ABSENT)}')
        cut = self.chance.randrange(1, len(data))
        link.send(b'\r\n\r\n' + data[:cut])
        link.send(data[cut:])
        link.receive(0.2)
        self.leave(link)

    def leave(self, link):
        """In half of all cases by a reset."""
        self.drain(link)
        if self.chance.random() < 0.5:
            reset(link)
        else:
            link.close()

    # ---- who does not come for what waits for him

    def do_write_to_the_absent(self):
        sender = self.chance.choice(self.senders)
        self.last = sender, self.expiring(sender, f'absent{self.chance.randrange(ABSENT)}')
        sender.link.send(self.last[1])

    def do_say_it_again(self):
        if self.last is not None:
            self.last[0].link.send(self.last[1])

    # ---- phones that come, go without a word, refuse or hang

    def do_come(self):
        phone = self.chance.choice([*self.phones, *self.senders])
        phone.register_for(self.chance.randint(1, 20))

    def do_go(self):
        self.chance.choice(self.phones).register_for(0)

    def do_write_to_a_phone(self):
        sender, phone = self.chance.choice(self.senders), self.chance.choice(self.phones)
        sender.link.send(self.expiring(sender, phone.user))

    def do_move(self):
        """The old contact stays behind, and nobody answers there any more."""
        i = self.chance.randrange(PHONES)
        self.phones[i].link.close()
        self.phones[i] = Phone(f'phone{i}', self.address, 'UDP', self.chance)
        self.phones[i].register_for(self.chance.randint(1, 10))

    def do_come_over_a_connection_that_breaks(self):
        phone = Phone('walker', self.address, 'TCP', self.chance)
        phone.register_for(self.chance.randint(1, 10))
        sender = self.chance.choice(self.senders)
        sender.link.send(self.expiring(sender, 'walker'))
        if phone.link.receive(0.1) is not None:
            phone.look(self.answers)
        self.leave(phone.link)

    # ---- what is passed on

    def do_call(self):
        caller, callee = self.chance.sample(self.senders, 2)
        to, ids = f'sip:{callee.user}@127.0.0.1', {'call_id': token(), 'tag': token()}
        contact = f'Contact: {caller.contact()}\r\n'
        callee.register_for(20)
        for number, method in enumerate(('INVITE', 'ACK', 'INFO', 'BYE'), 1):
            caller.link.send(caller.request(method, to, to, contact, cseq=number, **ids))
            if select.select([callee.link], [], [], 0.02)[0]:
                callee.look(self.answers)
