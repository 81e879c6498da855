"""storm - many users at once, and the record of what each was promised.

Each user has one message in flight: the next is sent after the 202 of the one before. So
the order of what is stored is known exactly, and a server that was killed owes each user
what was acknowledged, and may have the one in flight. That one is sent again after the
restart, with its own Call-ID, as a client does that has got no answer.
"""
import select
import time

from sip import Agent, Message, TcpWire, UdpWire, token

REPEAT_S = 0.5


class Sender:
    """Sends numbered messages to one user, one at a time."""

    def __init__(self, user):
        self.user = user
        self.number = 0        # of the message in flight, or last acknowledged
        self.acknowledged = 0
        self.data = None       # in flight
        self.call_id = None
        self.sent_at = 0
        self.cut_off = set()   # numbers that were in flight when the server died

    def body(self, number):
        return f'{self.user} {number}'.encode()

    def next(self, agent):
        self.number += 1
        self.call_id = token()
        self.data = agent.message(self.user, self.body(self.number), call_id=self.call_id)


class Storm:
    """Senders over one wire."""

    def __init__(self, protocol, server, users):
        self.protocol = protocol
        self.server = server
        self.senders = [Sender(user) for user in users]
        self.link = self.agent = None
        self.repeated = 0
        self.refused = 0

    def connect(self):
        self.link = UdpWire(self.server) if self.protocol == 'UDP' else TcpWire(self.server)
        self.agent = Agent('storm', self.link)
        self.by_call_id = {}

    def send(self, sender):
        """Its message in flight, or a new one. False: the server is gone."""
        if sender.data is None:
            sender.next(self.agent)
        elif sender.sent_at:
            self.repeated += 1
        self.by_call_id[sender.call_id.encode()] = sender
        sender.sent_at = time.monotonic()
        try:
            self.link.send(sender.data)
        except OSError:
            return False
        return True

    def take(self, data, last):
        response = Message(data)
        sender = self.by_call_id.pop(response.get('call-id'), None)
        if sender is None or sender.call_id.encode() != response.get('call-id'):
            return
        if response.status != 202:
            self.refused += 1
            self.by_call_id[response.get('call-id')] = sender
            return  # 503 is sent again, as the Retry-After says
        sender.acknowledged = sender.number
        sender.data = None
        sender.sent_at = 0
        if not last:
            self.send(sender)

    def begin(self):
        self.connect()
        return all(self.send(sender) for sender in self.senders)

    def turn(self, seconds, last=False):
        """Takes what has come for at most so long. False: the connection is gone."""
        try:
            data = self.link.receive(seconds)
            while data is not None:
                self.take(data, last)
                data = self.link.receive(0)
        except OSError:
            return False
        if self.protocol == 'UDP':
            for sender in self.senders:
                if sender.data and time.monotonic() - sender.sent_at > REPEAT_S:
                    self.send(sender)
        return True

    def end(self):
        """The server died: the connection with it, the messages in flight stay."""
        for sender in self.senders:
            if sender.data is not None:
                sender.cut_off.add(sender.number)
        self.link.close()

    def finish(self, seconds=20):
        """Until nothing is in flight any more."""
        end = time.monotonic() + seconds
        while any(s.data for s in self.senders) and time.monotonic() < end:
            self.turn(0.05, last=True)
        return not any(s.data for s in self.senders)


def rage(storms, seconds):
    """All storms at once, for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ready = select.select([s.link for s in storms], [], [],
                              max(0, min(0.02, end - time.monotonic())))[0]
        for storm in storms:
            if storm.link in ready or storm.protocol == 'UDP':
                if not storm.turn(0):
                    return
