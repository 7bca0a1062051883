#!/usr/bin/env python3
"""mppe-decrypt.py CAPTURE USER=PASSWORD...

An independent reader of MPPE (RFC 3078, RFC 3079), with nothing but Python's standard library: it takes the MS-CHAP or
MS-CHAPv2 Response of each PPTP call from the capture (pcap or pcapng; Ethernet, raw IP or PPP in HDLC-like framing), derives
the keys, decrypts every packet of both directions, and looks for an IP packet with true checksums in each. One line of JSON
for each direction. The status is 0 only if there were MPPE packets and all of them could be read.

Of a telephone line, each interface shows what one end sends and has its name; the frames follow in the order of the file.

Limits: of MS-CHAP only keys of 128 bits, since the library has no DES for the others. The n-th call from one address to another belongs to the n-th call back; a call negotiates once; a sequence
number does not wrap.
"""
import hashlib
import json
import struct
import sys

ETHERNET, RAW, PPP_HDLC, LINE_OCTETS = 1, 101, 50, 147
IPV4_ETHERTYPE, GRE = 0x0800, 47
CHAP, CCP, MPPE, IP, IPV6 = 0xC223, 0x80FD, 0x00FD, 0x0021, 0x0057


def fail(text):
    sys.exit("mppe-decrypt: " + text)


# Captures


def frames(data):
    """(link type, name of the interface, octets) of every frame."""
    magic = data[:4]
    if magic == b"\x0a\x0d\x0d\x0a":
        return pcapng_frames(data)
    for order in "<>":
        if struct.unpack(order + "I", magic)[0] in (0xA1B2C3D4, 0xA1B23C4D):
            return pcap_frames(data, order)
    fail("neither a pcap nor a pcapng")


def pcap_frames(data, order):
    (link,) = struct.unpack_from(order + "I", data, 20)
    at = 24
    while at < len(data):
        (length,) = struct.unpack_from(order + "I", data, at + 8)
        yield link & 0xFFFF, "", data[at + 16 : at + 16 + length]
        at += 16 + length


def pcapng_frames(data):
    at, order, links = 0, "<", []
    while at < len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        kind, length = struct.unpack_from(order + "II", data, at)
        if length < 12 or at + length > len(data):
            fail(f"the block at octet {at} is cut off")
        if kind == 1:
            links.append((struct.unpack_from(order + "H", data, at + 8)[0], name_in(data[at + 16 : at + length], order)))
        if kind == 6:
            interface, _, _, captured = struct.unpack_from(order + "IIII", data, at + 8)
            yield *links[interface], data[at + 28 : at + 28 + captured]
        at += length


def name_in(options, order):
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, at)
        if code == 2:
            return options[at + 4 : at + 4 + length].decode()
        at += 4 + length + -length % 4
    return ""


# IP and GRE


def internet_sum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def gre_packets(capture):
    """(source, destination, what follows the IP header) of every GRE packet, fragments put together."""
    parts = {}
    for link, _, frame in capture:
        if link == LINE_OCTETS:
            continue
        if link not in (ETHERNET, RAW, PPP_HDLC):
            fail(f"link type {link} is neither Ethernet, raw IP nor PPP")
        packet = frame
        if link == PPP_HDLC:
            protocol, packet = ppp(frame)
            if protocol != IP:
                continue
        if link == ETHERNET:
            if frame[12:14] != b"\x08\x00":
                continue
            packet = frame[14:]
        if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != GRE:
            continue
        packet = packet[: struct.unpack_from("!H", packet, 2)[0]]
        source, destination, body = dotted(packet[12:16]), dotted(packet[16:20]), packet[(packet[0] & 15) * 4 :]
        (fragment,) = struct.unpack_from("!H", packet, 6)
        if fragment & 0x3FFF:
            key = packet[4:6], source, destination
            parts.setdefault(key, {})[(fragment & 0x1FFF) * 8] = (body, fragment & 0x2000)
            body = whole(parts[key])
            if body is None:
                continue
            del parts[key]
        yield source, destination, body


def whole(parts):
    body, more = b"", True
    while more:
        if len(body) not in parts:
            return None
        piece, more = parts[len(body)]
        body += piece
    return body


def calls(packets):
    """By (source, destination, call ID), in order of appearance: PPP frames by their sequence number."""
    found = {}
    for source, destination, body in packets:
        flags, _, length, call = struct.unpack_from("!HHHH", body)
        frames_of_call = found.setdefault((source, destination, call), {})
        if flags & 0x1000:
            start = 16 if flags & 0x80 else 12
            frames_of_call[struct.unpack_from("!I", body, 8)[0]] = body[start : start + length]
    return found


def lines(capture):
    """The same of a telephone line; its two ends stand in the order of their first frames."""
    found = {}
    for number, (link, name, frame) in enumerate(capture):
        if link == PPP_HDLC:
            found.setdefault(name, {})[number] = frame
    ends = list(found)
    if len(ends) != 2:
        return {}
    return {(end, ends[1 - i], 0): found[end] for i, end in enumerate(ends)}


def ppp(frame):
    """(protocol, information) of a PPP frame, with and without address, control and a compressed protocol."""
    if frame[:2] == b"\xff\x03":
        frame = frame[2:]
    if frame[0] & 1:
        return frame[0], frame[1:]
    return struct.unpack_from("!H", frame)[0], frame[2:]


# Keys and ciphers


def md4(message):
    """RFC 1320."""
    rotate = lambda x, n: (x << n | x >> 32 - n) & 0xFFFFFFFF
    order = [list(range(16)), [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]]
    order.append([0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15])
    turns = [(3, 7, 11, 19), (3, 5, 9, 13), (3, 9, 11, 15)]
    padded = message + b"\x80" + b"\0" * ((55 - len(message)) % 64) + struct.pack("<Q", 8 * len(message))
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    for at in range(0, len(padded), 64):
        words = struct.unpack_from("<16I", padded, at)
        a, b, c, d = state
        for step in range(48):
            turn, i = divmod(step, 16)
            mix = (b & c | ~b & d, b & c | b & d | c & d, b ^ c ^ d)[turn]
            total = a + mix + words[order[turn][i]] + (0, 0x5A827999, 0x6ED9EBA1)[turn]
            a, b, c, d = d, rotate(total & 0xFFFFFFFF, turns[turn][i % 4]), b, c
        state = [(x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def sha1(*parts):
    return hashlib.sha1(b"".join(parts)).digest()


class Rc4:
    def __init__(self, key):
        self.s, self.i, self.j = list(range(256)), 0, 0
        j = 0
        for i in range(256):
            j = (j + self.s[i] + key[i % len(key)]) & 255
            self.s[i], self.s[j] = self.s[j], self.s[i]

    def apply(self, data):
        s, out = self.s, bytearray()
        for octet in data:
            self.i = (self.i + 1) & 255
            self.j = (self.j + s[self.i]) & 255
            s[self.i], s[self.j] = s[self.j], s[self.i]
            out.append(octet ^ s[(s[self.i] + s[self.j]) & 255])
        return bytes(out)


def start_key(password, nt_response, challenge, from_client, length):
    """RFC 3079 §2.4 with the challenge of MS-CHAP, §3.3 and §3.4 without one."""
    hash_hash = md4(md4(password.encode("utf-16le")))
    if challenge is not None:
        return sha1(hash_hash, hash_hash, challenge)[:16] if length == 16 else None
    master = sha1(hash_hash, nt_response, b"This is the MPPE Master Key")[:16]
    ours, theirs = ("send", "receive") if from_client else ("receive", "send")
    magic = f"On the client side, this is the {ours} key; on the server side, it is the {theirs} key."
    return sha1(master, b"\0" * 40, magic.encode(), b"\xf2" * 40)[:length]


class Direction:
    """The receiver of one direction (RFC 3078 §7). `reset_changes_key`: as Linux does after a CCP Reset-Request."""

    def __init__(self, first, bits, stateful, reset_changes_key):
        self.first, self.bits, self.stateful, self.reset_changes_key = first, bits, stateful, reset_changes_key
        self.count = -1
        self.use(self.derive(first))

    def derive(self, key):
        return sha1(self.first, b"\0" * 40, key, b"\xf2" * 40)[: len(self.first)]

    def use(self, key):
        known = {40: b"\xd1\x26\x9e", 56: b"\xd1", 128: b""}[self.bits]
        self.key = known + key[len(known) :]
        self.cipher = Rc4(self.key)

    def change(self):
        interim = self.derive(self.key)
        self.use(Rc4(interim).apply(interim))

    def read(self, packet):
        """The plain text, or None if the packet is out of step."""
        (header,) = struct.unpack_from("!H", packet)
        count, flushed = header & 0xFFF, header & 0x8000
        ahead = (count - self.count) & 0xFFF
        if not header & 0x1000 or ahead == 0 or ahead > 2048:
            return None
        if self.stateful:
            if not flushed and ahead != 1:
                return None
            if flushed and (self.reset_changes_key or count & 0xFF == 0xFF):
                self.change()
            elif flushed:
                self.use(self.key)
        else:
            for _ in range(ahead):
                self.change()
        self.count = count
        return self.cipher.apply(packet[2:])


def is_sound(plain):
    """Is it a PPP frame with an IP packet whose checksums are true? One wrong octet is noticed."""
    protocol, packet = ppp(plain)
    if protocol == IPV6:
        return packet[0] >> 4 == 6
    if protocol != IP or len(packet) < 20 or packet[0] >> 4 != 4:
        return False
    header, (length,) = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)
    if not 20 <= header <= length <= len(packet) or internet_sum(packet[:header]) != 0xFFFF:
        return False
    body, transport = packet[header:length], packet[9]
    if struct.unpack_from("!H", packet, 6)[0] & 0x3FFF:
        return True
    pseudo = packet[12:20] + struct.pack("!HH", transport, len(body))
    if transport == 1:
        return internet_sum(body) == 0xFFFF
    if transport == 6:
        return internet_sum(pseudo + body) == 0xFFFF
    return transport == 17 and (body[6:8] == b"\0\0" or internet_sum(pseudo + body) == 0xFFFF)


# Sessions


def sessions(found):
    """Pairs of calls, one for each direction."""
    for source, destination in dict.fromkeys(key[:2] for key in found):
        if source < destination:
            there = [key for key in found if key[:2] == (source, destination)]
            back = [key for key in found if key[:2] == (destination, source)]
            yield from zip(there, back)


def ms_chap_challenge(frames_of_call):
    """The Challenge of MS-CHAP has eight octets (RFC 2433 §4), that of MS-CHAPv2 sixteen."""
    for _, frame in sorted(frames_of_call.items()):
        protocol, data = ppp(frame)
        if protocol == CHAP and data[0] == 1 and data[4] == 8:
            return data[5:13]
    return None


def response(frames_of_call):
    """(user, NT-Response) of the Response: RFC 2759 §4; RFC 2433 §5 has the same places."""
    for _, frame in sorted(frames_of_call.items()):
        protocol, data = ppp(frame)
        if protocol == CHAP and data[0] == 2 and data[4] == 49:
            (length,) = struct.unpack_from("!H", data, 2)
            return data[54:length].decode(), data[29:53]
    return None


def agreed(frames_of_call):
    """The MPPE bits (RFC 3078 §2.1) of the Configure-Ack: whoever sends it will send so."""
    for _, frame in sorted(frames_of_call.items()):
        protocol, data = ppp(frame)
        if protocol == CCP and data[0] == 2 and data[4:6] == b"\x12\x06":
            return struct.unpack_from("!I", data, 6)[0]
    return None


def decrypt(key, frames_of_call, secret, from_client):
    bits = agreed(frames_of_call)
    packets = [data for protocol, data in map(ppp, (f for _, f in sorted(frames_of_call.items()))) if protocol == MPPE]
    if not packets:
        return None
    report = {"from": key[0], "to": key[1], "call": key[2], "packets": len(packets), "decrypted": 0}
    if secret is None or bits is None:
        return report
    user, password, nt_response, challenge = secret
    strength = 128 if bits & 0x40 else 40 if bits & 0x20 else 56
    first = start_key(password, nt_response, challenge, from_client, 16 if strength == 128 else 8)
    if first is None:
        return report
    stateful = not bits & 0x01000000
    report.update(user=user, bits=strength, stateful=stateful)
    for reset_changes_key in (False, True):
        reader = Direction(first, strength, stateful, reset_changes_key)
        good = sum(plain is not None and is_sound(plain) for plain in map(reader.read, packets))
        report["decrypted"] = max(report["decrypted"], good)
    return report


def dotted(address):
    return ".".join(map(str, address))


def main():
    if len(sys.argv) < 3 or not all("=" in word for word in sys.argv[2:]):
        fail("usage: mppe-decrypt.py CAPTURE USER=PASSWORD...")
    passwords = dict(word.split("=", 1) for word in sys.argv[2:])
    with open(sys.argv[1], "rb") as file:
        capture = list(frames(file.read()))
    found = {**lines(capture), **calls(gre_packets(capture))}
    reports = []
    for pair in sessions(found):
        answers = [response(found[key]) for key in pair]
        said = answers[0] or answers[1]
        known = said is not None and said[0] in passwords
        challenge = ms_chap_challenge(found[pair[0]]) or ms_chap_challenge(found[pair[1]])
        secret = (said[0], passwords[said[0]], said[1], challenge) if known else None
        for key, answer in zip(pair, answers):
            reports.append(decrypt(key, found[key], secret, answer is not None))
    reports = [report for report in reports if report is not None]
    for report in reports:
        print(json.dumps(report))
    if not reports:
        fail("there is no MPPE packet in this file")
    if any(report["decrypted"] != report["packets"] for report in reports):
        fail("not every MPPE packet could be read")


main()
