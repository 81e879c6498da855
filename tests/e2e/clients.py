"""clients - SIP clients that we did not write, driven without screen, sound or hands.

    sender.send(place, protocol, port, user, recipient, texts)
    receiver.receive(place, protocol, port, user, done)     # until done() or its time is over
    phone = client.open(place, protocol, port, user, peer)  # stays online: say(), kill(), end()

`place` is a directory for their files; `port` is where they find the server.
"""
import json
import os
import re
import signal
import socket
import subprocess
import time

from silo import free_port, wait_until
from sip import Message

RECEIVE_S = 20  # a client's time to start, register and take what waits


def start(words, place, name, env=None):
    log = open(os.path.join(place, name + '.log'), 'wb')
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=place,
                            env={**os.environ, **(env or {})})


def end(process, seconds=5):
    """Politely, then not."""
    try:
        process.stdin.close()
        process.send_signal(signal.SIGTERM)
        process.wait(seconds)
    except (subprocess.TimeoutExpired, BrokenPipeError):
        process.kill()
        process.wait()


class Phone:
    """A client that stays online and writes to one other user."""

    def __init__(self, process, log_path, say):
        self.process, self.log_path, self.say = process, log_path, say

    def log(self):
        with open(self.log_path, errors='replace') as log:
            return log.read()

    def kill(self):
        """kill -9: it says good-bye to nobody."""
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            end(self.process)


def write(place, name, text):
    path = os.path.join(place, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as file:
        file.write(text)
    return path


class Sipp:
    name = 'sipp'
    texts = ['first of five', 'Grüße № 2 ☎', 'a line\nand another', 'tab\tand "quotes" <&>', 'last']

    HEAD = ('Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport\n'
            'Max-Forwards: 70\nCall-ID: [call_id]\n')

    @classmethod
    def wanted(cls):
        """sipp ends every line, the last one too, with CRLF."""
        return [text.replace('\n', '\r\n').encode() + b'\r\n' for text in cls.texts]

    def scenario(self, place, name, steps):
        text = ('<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="' + name + '">\n'
                + '\n'.join(steps) + '\n</scenario>\n')
        return write(place, name + '.xml', text)

    def send_step(self, text):
        return '<send retrans="500"><![CDATA[\n\n' + text + '\n]]></send>'

    def run(self, place, protocol, port, words, seconds):
        done = subprocess.run(
            ['sipp', f'127.0.0.1:{port}', '-i', '127.0.0.1', '-p', str(free_port()), '-t',
             'u1' if protocol == 'UDP' else 't1', '-m', '1', '-nostdin', '-timeout',
             f'{seconds}s', '-timeout_error', *words],
            cwd=place, capture_output=True, timeout=seconds + 10, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f'sipp: exit code {done.returncode}: {done.stderr[-500:]!r}')

    def send(self, place, protocol, port, user, recipient):
        steps = []
        for text in self.texts:
            steps.append(self.send_step(
                f'MESSAGE sip:{recipient}@127.0.0.1:{port} SIP/2.0\n{self.HEAD}'
                f'From: <sip:{user}@127.0.0.1>;tag=[pid]x[call_number]\n'
                f'To: <sip:{recipient}@127.0.0.1:{port}>\nCSeq: [cseq] MESSAGE\n'
                'Content-Type: text/plain;charset=UTF-8\nContent-Length: [len]\n\n' + text))
            steps.append('<recv response="202"/>')
        path = self.scenario(place, f'send-{recipient}', steps)
        self.run(place, protocol, port, ['-sf', path], 15)

    def receive(self, place, protocol, port, user, done):
        register = self.scenario(place, 'register', [
            self.send_step(
                f'REGISTER sip:127.0.0.1:{port} SIP/2.0\n{self.HEAD}'
                f'From: <sip:{user}@127.0.0.1>;tag=[pid]r[call_number]\n'
                f'To: <sip:{user}@127.0.0.1>\nCSeq: 1 REGISTER\n'
                f'Contact: <sip:{user}@[local_ip]:[local_port];transport=[transport]>\n'
                'Expires: 600\nContent-Length: 0\n\n'),
            '<recv response="200"/>', '<pause milliseconds="4000"/>'])
        answer = self.scenario(place, 'answer', [
            '<recv request="MESSAGE"/>',
            '<send><![CDATA[\n\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n'
            '[last_To:];tag=[pid]a[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n'
            'Content-Length: 0\n\n]]></send>'])
        self.run(place, protocol, port, ['-sf', register, '-oocsf', answer], RECEIVE_S)


class Baresip:
    name = 'baresip'
    texts = ['first of five', 'Grüße № 2 ☎', 'semi;colon, comma', 'quotes "inside"', 'last']

    @classmethod
    def wanted(cls):
        return [text.encode() for text in cls.texts]

    def start(self, place, protocol, port, user, recipient, control):
        home = os.path.join(place, f'baresip-{user}-{recipient}')
        modules = ''.join(f'module_app {m}.so\n' for m in ('account', 'contact', 'menu', 'ctrl_tcp'))
        write(home, 'config', f'sip_listen 127.0.0.1:{free_port()}\n'
              f'module_path /usr/lib/baresip/modules\n{modules}'
              f'ctrl_tcp_listen 127.0.0.1:{control}\n')
        server = f'sip:127.0.0.1:{port};transport={protocol.lower()}'  # of contacts it ignores it
        write(home, 'accounts', f'<sip:{user}@127.0.0.1:{port};transport={protocol.lower()}>;'
              f'outbound="{server}";auth_user=x;auth_pass=x;regint=600\n')
        write(home, 'contacts', f'"R" <sip:{recipient}@127.0.0.1:{port}>\n')
        return start(['baresip', '-4', '-n', '127.0.0.1', '-f', home, '-s', '-t',
                      str(RECEIVE_S + 10)], place, f'baresip-{user}-{recipient}')

    def connect(self, control):
        try:
            return socket.create_connection(('127.0.0.1', control), 1)
        except OSError:
            return None

    @staticmethod
    def received(phone):
        """The requests in its SIP trace that were sent to it, as Messages, repetitions too."""
        with open(phone.log_path, 'rb') as log:
            blocks = re.findall(rb'm#\n\w+ [\d.:]+ -> [\d.:]+\n(.*?)\x1b\[;m', log.read(), re.S)
        return [message for message in map(Message, blocks)
                if message.method == 'MESSAGE' and not message.get('user-agent')]

    def say(self, link, text):
        words = json.dumps({'command': 'message', 'params': text}, ensure_ascii=False).encode()
        link.sendall(b'%d:%s,' % (len(words), words))

    def open(self, place, protocol, port, user, peer):
        control = free_port()
        process = self.start(place, protocol, port, user, peer, control)
        link = wait_until(lambda: self.connect(control), 10)
        return Phone(process, os.path.join(place, f'baresip-{user}-{peer}.log'),
                     lambda text: self.say(link, text))

    def send(self, place, protocol, port, user, recipient):
        phone = self.open(place, protocol, port, user, recipient)
        try:
            time.sleep(0.5)  # it registers first
            for text in self.texts:
                phone.say(text)
                time.sleep(0.25)  # it does not wait for an answer by itself
        finally:
            phone.end()

    def receive(self, place, protocol, port, user, done):
        process = self.start(place, protocol, port, user, 'nobody', free_port())
        try:
            wait_until(done, RECEIVE_S)
            time.sleep(0.3)  # the last answer
        finally:
            end(process)


def delivered_by(log):
    """How many messages Linphone says were accepted."""
    with open(log, 'rb') as file:
        return file.read().count(b'MessageStateDelivered')


class Linphone:
    name = 'linphone'
    texts = ['first of five', 'Grüße № 2 ☎', 'semi;colon, comma', 'quotes "inside"', 'last']

    @classmethod
    def wanted(cls):
        return [text.encode() for text in cls.texts]

    def start(self, place, protocol, port, user):
        home = os.path.join(place, f'linphone-{user}')
        os.makedirs(os.path.join(home, '.local/share/linphone'), exist_ok=True)
        os.makedirs(os.path.join(home, '.config/linphone'), exist_ok=True)
        proxy = f'sip:127.0.0.1:{port};transport={protocol.lower()}'
        udp, tcp = free_port(), free_port()
        rc = write(home, 'rc', f'[sip]\nsip_port={udp}\nsip_tcp_port={tcp}\nsip_tls_port=0\n'
                   'bind_address=127.0.0.1\nguess_hostname=0\nuse_ipv6=0\ndefault_proxy=0\n'
                   'register_only_when_network_is_up=0\n'
                   f'[proxy_0]\nreg_proxy=<{proxy}>\nreg_route=<{proxy};lr>\n'
                   f'reg_identity=<sip:{user}@127.0.0.1>\nreg_expires=600\nreg_sendregister=1\n'
                   f'[misc]\nchat_database_path={home}/chat.db\n')
        return start(['linphone-daemon', '--config', rc, '--disable-stats-events'], place,
                     f'linphone-{user}', {'HOME': home})

    def say(self, process, line):
        process.stdin.write(line.encode() + b'\n')
        process.stdin.flush()

    def open(self, place, protocol, port, user, peer):
        process = self.start(place, protocol, port, user)
        return Phone(process, os.path.join(place, f'linphone-{user}.log'),
                     lambda text: self.say(process, f'message sip:{peer}@127.0.0.1 {text}'))

    def send(self, place, protocol, port, user, recipient):
        process = self.start(place, protocol, port, user)
        log = os.path.join(place, f'linphone-{user}.log')
        try:
            time.sleep(2)  # it registers first
            for text in self.texts:
                self.say(process, f'message sip:{recipient}@127.0.0.1 {text}')
                time.sleep(0.3)
            # on a busy disk it takes long to start, and what it has not sent it forgets
            wait_until(lambda: delivered_by(log) >= len(self.texts), RECEIVE_S)
            self.say(process, 'quit')
            time.sleep(0.5)
        finally:
            end(process)

    def receive(self, place, protocol, port, user, done):
        process = self.start(place, protocol, port, user)
        try:
            wait_until(done, RECEIVE_S)
            time.sleep(0.3)
            self.say(process, 'quit')
            time.sleep(0.5)
        finally:
            end(process)


ALL = [Sipp(), Baresip(), Linphone()]
