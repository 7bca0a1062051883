"""The kernel's end of `npm run nat:kernel`: one JSON command a line, one answer a line; the rig's network (../lab.py).

The ends send and receive whole packets by raw sockets. What their own stacks would answer (resets, ICMP errors) is held
back by a rule; only the boxes answer by themselves.
"""
import array, fcntl, json, os, socket, struct, subprocess, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lab import IP, Lab, PFX, POINTS, inside, sh, stop_in_order

ENDS = ["c1", "c2", "c3", "s1", "s2", "s3"]
BOXES = ["nat", "r", "sn"]
QUIET = "table ip quiet {\nchain o {\ntype filter hook output priority 0; policy drop;\nmeta mark 1 accept;\n}\n}\n"
SETTLE = 0.006  # at least so long for what was sent last


def run(ns, args, text=None):
    """A program in a namespace; a failure is an exception with its words."""
    with inside(ns):
        p = subprocess.run(args, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if p.returncode:
        raise RuntimeError("%s: %s" % (" ".join(args), p.stdout))


def nft(ns, text):
    if text:
        run(ns, ["nft", "-f", "-"], text.replace("{", "{\n").replace("}", "\n}\n"))


def setting(ns, name, value):
    with inside(ns):
        with open("/proc/sys/net/" + name, "w") as f:
            f.write(str(value))


def checksums_by_hand(ns, dev):
    """A device that sums for the kernel would show us segments that the helper has edited with half a checksum."""
    value = array.array("B", struct.pack("=II", 0x17, 0))  # ETHTOOL_STXCSUM
    with inside(ns), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8946, struct.pack("16sP", dev.encode(), value.buffer_info()[0]))  # SIOCETHTOOL


class World:
    def __init__(self, lab):
        for ns, dev in POINTS:
            checksums_by_hand(ns, dev)
        for s in lab.caps.values():
            s.close()
        lab.caps = {}
        self.out, self.inn = {}, []
        for h in ENDS:
            nft(h, QUIET)
            with inside(h):
                s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
                s.setsockopt(socket.SOL_SOCKET, 36, 1)  # SO_MARK
                s.setsockopt(socket.IPPROTO_IP, 10, 3)  # IP_PMTUDISC_PROBE: whatever path MTU was learned
                self.out[h] = s
                for protocol in (1, 6, 47):
                    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
                    s.setblocking(False)
                    self.inn.append((h, s))
        self.due = 0

    def collect(self):
        got = []
        for h, s in self.inn:
            try:
                while True:
                    got.append({"at": h, "packet": s.recv(65535).hex()})
            except BlockingIOError:
                pass
        return got

    def begin(self, c):
        for b in BOXES:
            run(b, ["nft", "flush", "ruleset"])
            for name, value in c["settings"].items():
                setting(b, "netfilter/" + name, value)
            nft(b, c["tables"].get(b, ""))
            with inside(b):
                subprocess.run(["conntrack", "-F"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        way = "192.168.77.0/24 via " + IP["nat"]
        sh("ip -n %sr route %s %s" % (PFX, "replace" if c["routed"] else "del", way), check=c["routed"])
        sh("ip -n %sr link set srv0 mtu %d" % (PFX, c["mtu"]))
        self.collect()
        self.due = time.monotonic()
        return []

    def send(self, c):
        for p in c["packets"]:
            b = bytes.fromhex(p["payload"])
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(b), 0, 0x4000 if p["df"] else 0, 64, p["protocol"], 0,
                               socket.inet_aton(IP[p["from"]]), socket.inet_aton(p["to"]))
            self.out[p["from"]].sendto(head + b, (p["to"], 0))

    def flush(self, c):
        with inside(c["box"]):
            subprocess.run(["conntrack"] + (["-D", "-p", "tcp"] if c["tcpOnly"] else ["-F"]),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def tables(self, c):
        nft(c["box"], c["text"])

    def answer(self, c):
        if c["do"] == "begin":
            return {"late": 0, "got": self.begin(c)}
        self.due += c["ms"] / 1000
        getattr(self, c["do"])(c)
        time.sleep(max(SETTLE, self.due - time.monotonic()))
        late = max(0, time.monotonic() - self.due)
        self.due += late
        return {"late": round(late * 1000, 1), "got": self.collect()}


stop_in_order()
lab = Lab()
try:
    w = World(lab)
    for line in sys.stdin:
        print(json.dumps(w.answer(json.loads(line))), flush=True)
finally:
    lab.destroy()
