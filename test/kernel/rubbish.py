"""Writes into a TUN device what no kernel would send: python3 rubbish.py DEVICE SOURCE ROUTER SERVER.

Prints how many packets it has written of each kind, as JSON: the name is the reason for which they must be dropped; `any` is
for octets by chance, `fine` for packets that are as they should be and are answered or thrown away without a complaint.
"""
import json
import random
import socket
import struct
import sys

device, source, router, server = sys.argv[1:]
line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
line.bind((device, 0x0800))
written = {}


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(payload, proto=17, src=source, dst=server, options=b'', length=None, ihl=None, version=4, flags=0, right=True):
    ihl = 5 + len(options) // 4 if ihl is None else ihl
    length = 20 + len(options) + len(payload) if length is None else length
    head = struct.pack('!BBHHHBBH4s4s', version << 4 | ihl, 0, length, random.getrandbits(16), flags, 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst)) + options
    right_sum = checksum(head[:max(20, ihl * 4)])
    head = head[:10] + struct.pack('!H', right_sum if right else right_sum ^ 0x0101) + head[12:]
    return head + payload


def pseudo(proto, length, src=source, dst=server):
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack('!BBH', 0, proto, length)


def udp(data=b'rubbish', port=7, length=None, right=True):
    length = 8 + len(data) if length is None else length
    head = struct.pack('!HHHH', 40000, port, length, 0)
    total = checksum(pseudo(17, 8 + len(data)) + head + data) or 0xffff
    return head[:6] + struct.pack('!H', total if right else total ^ 0x0101) + data


def tcp(data=b'', flags=0x02, port=7, offset=None, options=b'', right=True):
    offset = 5 + len(options) // 4 if offset is None else offset
    head = struct.pack('!HHIIBBHHH', random.randrange(1024, 65536), port, random.getrandbits(32), 0, offset << 4, flags,
                       65535, 0, 0) + options
    total = checksum(pseudo(6, len(head) + len(data)) + head + data)
    return head[:16] + struct.pack('!H', total if right else total ^ 0x0101) + head[18:] + data


def icmp(kind=8, data=b'12345678', right=True):
    head = struct.pack('!BBHHH', kind, 0, 0, 1, 1)
    total = checksum(head + data)
    return head[:2] + struct.pack('!H', total if right else total ^ 0x0101) + head[4:] + data


def write(reason, *packets):
    for packet in packets:
        line.send(packet)
        written[reason] = written.get(reason, 0) + 1


random.seed(4)
ipv6 = struct.pack('!IHBB16s16s', 6 << 28, 8, 17, 64, bytes(16), bytes(16)) + bytes(8)
write('not-ipv4', ipv6, ip(b'', version=0), ip(b'', version=7), ip(b'', version=15), b'\x60')
write('malformed', *(ip(b'')[:cut] for cut in range(1, 20)))
write('malformed', *(ip(udp(), ihl=ihl) for ihl in range(0, 5)), ip(udp(b''), ihl=15))
write('malformed', *(ip(udp(), length=length) for length in (0, 19, 36, 1500, 65535)))
write('bad-checksum', ip(udp(), right=False), ip(tcp(), proto=6, right=False))
write('bad-checksum', ip(udp(right=False)), ip(tcp(right=False), proto=6), ip(icmp(right=False), proto=1))
write('malformed', *(ip(udp(length=length)) for length in (0, 7, 16, 65535)), ip(b'1234567'))
write('malformed', *(ip(tcp(offset=offset), proto=6) for offset in (0, 4, 6, 15)), ip(tcp()[:19], proto=6))
write('malformed', ip(b'\x08\0\xf7', proto=1))
write('outside-range', *(ip(udp(), src=other) for other in ('192.0.2.1', '0.0.0.0', '127.0.0.1', '224.0.0.1', server)))
write('no-protocol', ip(bytes(20), proto=47), ip(bytes(20), proto=255), ip(bytes(20), proto=0))
write('port-closed', *(ip(udp(port=port)) for port in (0, 9999, 65535)))
write('no-route', ip(udp(), dst='172.16.0.1'), ip(udp(), dst='8.8.8.8'))
# TCP: options that lie about their length, and flags that no segment has together.
write('fine', *(ip(tcp(options=options), proto=6) for options in
                (b'\x02\x00\0\0', b'\x02\xff\0\0', b'\x08\x0a\0\0', b'\x03\x01\0\0', b'\x05\x28' + bytes(38))))
write('fine', *(ip(tcp(flags=flags), proto=6) for flags in range(256)))
# IP options that lie: routers pass them on or say that they are wrong.
write('fine', *(ip(icmp(), proto=1, options=options) for options in (b'\x07\0\0\0', b'\x07\xff\x04\0', b'\x44\x02\0\0')))
# Fragments that never become whole, more than anybody keeps; that overlap; that reach beyond 65535.
write('fine', *(ip(bytes(1000), flags=0x2000) for _ in range(3000)))
write('any', *(ip(bytes(64), flags=0x1fff) for _ in range(50)))
for _ in range(5000):
    write('any', random.randbytes(random.randrange(1, 1500)))
for _ in range(5000):
    packet = bytearray(ip(random.choice((udp, tcp, icmp))(), proto=random.choice((1, 6, 17, 47))))
    packet[random.randrange(len(packet))] = random.getrandbits(8)
    write('any', bytes(packet))
print(json.dumps(written))
