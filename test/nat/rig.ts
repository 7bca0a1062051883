/**
 * The rig's network in the simulator: the same names, addresses and interfaces, clients and servers that send packets
 * by hand, and settings as the cases write them. README.md draws it.
 */
import { formatIpv4, type Ipv4, ip, parsePrefix } from '../../src/base/address.ts'
import type { Packet } from '../../src/base/packet.ts'
import { ms, sec } from '../../src/base/time.ts'
import { PacketFilter } from '../../src/filter/filter.ts'
import { PERSONALITIES } from '../../src/filter/personalities/index.ts'
import { parseRule } from '../../src/filter/rule-text.ts'
import { RuleSet, type RuleSpec } from '../../src/filter/rules.ts'
import type { NatRule, Personality, PersonalityName, PptpHelper, Timeouts } from '../../src/filter/types.ts'
import type { Connection } from '../../src/ip/tcp.ts'
import { EthernetPort } from '../../src/link/ethernet.ts'
import type { Link } from '../../src/link/link.ts'
import type { IpNode } from '../../src/node/ip-node.ts'
import { Switch } from '../../src/node/switch.ts'
import * as Ipv4Header from '../../src/wire/ipv4.ts'
import { Net } from '../support/net.ts'
import * as M from './messages.ts'

export const IP = {
  c1: '192.168.77.11',
  c2: '192.168.77.12',
  c3: '192.168.77.13',
  s1: '203.0.113.21',
  s2: '203.0.113.22',
  s3: '10.9.0.21',
  nat: '198.51.100.1',
  natlan: '192.168.77.1',
  r: '198.51.100.254',
  rsrv: '203.0.113.254',
  sn: '203.0.113.30',
  snlan: '10.9.0.1',
} as const
export type Name = 'c1' | 'c2' | 'c3' | 'nat' | 'r' | 's1' | 's2' | 'sn' | 's3'
const HOST = new Map<string, string>(Object.entries(IP).map(([name, address]) => [address, name]))

/** The rig waits so long after each packet. */
const SETTLE = ms(120)

export interface Probe {
  readonly probe: string
  readonly callid_sent: number | undefined
  readonly outcome: string
  readonly received_by: Readonly<Record<string, { src: string; dst: string; callid?: number | undefined }>>
  readonly so_error?: string | undefined
  readonly icmp: readonly Icmp[]
}
export interface Icmp {
  readonly from: string
  readonly type: number
  readonly code: number
  readonly inner: string
  readonly mtu: number
}
export interface ProbeOptions {
  readonly label?: string
  readonly payload?: number
  readonly ack?: number
  readonly df?: boolean
  readonly raw?: (sequence: number) => Uint8Array
  readonly wait?: number
}

/** How a machine filters and translates. */
export interface Box {
  readonly nat?: readonly NatRule[]
  /** The PPTP helper, and where it is given connections. */
  readonly helper?: 'prerouting' | 'output'
  readonly rules?: readonly string[]
  readonly loose?: boolean
  /** Another kind of box than Linux. */
  readonly like?: PersonalityName
  readonly pptp?: Partial<PptpHelper>
  readonly limit?: number
  readonly timeouts?: Partial<Timeouts>
  readonly clampMss?: number | 'interfaces'
}

const prefix = (text: string): NonNullable<ReturnType<typeof parsePrefix>> => {
  const found = parsePrefix(text)
  if (!found) throw new Error(text)
  return found
}
const range = (address: string) => ({ from: ip(address), to: ip(address) })

export const masquerade = (outside: string, inside?: string): NatRule => ({
  kind: 'source',
  text: `masquerade behind ${outside}`,
  outside,
  ...(inside === undefined ? {} : { inside }),
  translate: { by: 'masquerade' },
})
export interface Dnat {
  readonly inside?: string
  readonly to?: string
  readonly protocol: 6 | 47
  readonly target: string
}
export const dnat = ({ inside, to, protocol, target }: Dnat): NatRule => ({
  kind: 'destination',
  text: `dnat ${protocol} to ${target}`,
  inside,
  to: to === undefined ? undefined : prefix(`${to}/32`),
  protocol,
  ports: protocol === 6 ? { from: 1723, to: 1723 } : undefined,
  translate: { by: 'range', addresses: range(target) },
})
export const MASQ = [masquerade('wan0')]
export const CLOSED = [
  'policy input drop',
  'input accept state established,related',
  'input accept in lan0',
  'input accept proto icmp icmp-type echo-request',
]

/** What a connected raw socket of Linux is told of an ICMP unreachable (its table icmp_err_convert); soft: nothing. */
const SOCKET_ERRORS: Readonly<Record<number, string>> = {
  2: 'ENOPROTOOPT',
  3: 'ECONNREFUSED',
  4: 'EMSGSIZE',
  9: 'ENETUNREACH',
  10: 'EHOSTUNREACH',
  13: 'EHOSTUNREACH',
}

export class Rig {
  readonly net = new Net(7)
  readonly node: Readonly<Record<Name, IpNode>>
  readonly filters = new Map<Name, PacketFilter>()
  readonly lan = new Switch(this.net.world.env('lan'))
  readonly icmp = new Map<Name, Icmp[]>()
  /** Every IP packet that was on s1's and c1's lines, by the name of the end that sent it. */
  readonly wire: { readonly from: string; readonly bytes: Uint8Array }[] = []
  readonly #received = new Map<Name, { sequence?: number; src: string; dst: string; callid?: number | undefined }[]>()
  /** Path MTUs that a machine's raw sockets have learned. */
  readonly #pathMtu = new Map<string, number>()
  sequence = 100

  constructor() {
    const { net } = this
    const via = (name: keyof typeof IP): string => `default via ${IP[name]}`
    this.node = {
      c1: net.host('c1', via('natlan')),
      c2: net.host('c2', via('natlan')),
      c3: net.host('c3', via('natlan')),
      nat: net.router('nat', via('r')),
      r: net.router('r'),
      s1: net.host('s1', via('rsrv')),
      s2: net.host('s2', via('rsrv')),
      sn: net.router('sn', via('rsrv')),
      s3: net.host('s3', via('snlan')),
    }
    const { c1, c2, c3, nat, r, s1, s2, sn, s3 } = this.node
    const { lan } = this
    const wan = new Switch(net.world.env('wan'))
    const ethernet = { type: 'ethernet' as const }
    for (const [i, c] of [c1, c2, c3].entries())
      this.#tap(net.link([c, 'eth0', `192.168.77.1${i + 1}/24`], [lan, `p${i + 1}`], ethernet), `c${i + 1}`)
    net.link([nat, 'lan0', `${IP.natlan}/24`], [lan, 'pn'], ethernet)
    net.link([nat, 'wan0', `${IP.nat}/24`], [r, 'wan0', `${IP.r}/24`], ethernet)
    net.link([r, 'srv0', `${IP.rsrv}/24`], [wan, 'pr'], ethernet)
    this.#tap(net.link([s1, 'eth0', `${IP.s1}/24`], [wan, 'p1'], ethernet), 's1')
    net.link([s2, 'eth0', `${IP.s2}/24`], [wan, 'p2'], ethernet)
    net.link([sn, 'wan0', `${IP.sn}/24`], [wan, 'p3'], ethernet)
    net.link([sn, 'lan0', `${IP.snlan}/24`], [s3, 'eth0', `${IP.s3}/24`], ethernet)
    for (const [name, node] of Object.entries(this.node) as [Name, IpNode][]) this.#watchIcmp(name, node)
  }

  get now(): number {
    return this.net.world.scheduler.now
  }
  wait(duration: number): void {
    this.net.run(this.now + duration)
  }
  /** Goes on until it is true, at most so long. */
  until(isDone: () => boolean, limit: number): boolean {
    const end = this.now + limit
    while (!isDone() && this.now < end) this.net.run(Math.min(end, this.now + ms(1)))
    return isDone()
  }

  #tap(link: Link, name: string): void {
    link.tap = ({ from, bytes }) => {
      if (bytes[12] === 8 && bytes[13] === 0)
        this.wire.push({ from: from === 0 ? name : `to ${name}`, bytes: bytes.slice(14) })
    }
  }

  /** The rig's raw capture: every ICMP message that quotes a packet. */
  #watchIcmp(name: Name, { stack }: IpNode): void {
    const seen: Icmp[] = []
    this.icmp.set(name, seen)
    const own = stack.icmp
    stack.handle(1, {
      receive: (packet: Packet) => {
        const at = packet.start + Ipv4Header.headerLength(packet.bytes, packet.start)
        const { bytes } = packet
        if ([3, 5, 11].includes(bytes[at])) {
          const inner = at + 8
          const id = bytes[inner + 9] === 47 ? M.readGre(bytes.subarray(inner + 20, packet.end)).callid : undefined
          seen.push({
            from: formatIpv4(Ipv4Header.source(bytes, packet.start)),
            type: bytes[at],
            code: bytes[at + 1],
            mtu: (bytes[at + 6] << 8) | bytes[at + 7],
            inner: `${formatIpv4(Ipv4Header.source(bytes, inner))}>${formatIpv4(Ipv4Header.destination(bytes, inner))} cid=${id ?? 'None'}`,
          })
        }
        own.receive(packet)
      },
    })
  }

  set(name: Name, box: Box): PacketFilter {
    const node = this.node[name]
    const setup = {
      personality: personalityOf(box),
      judge: box.rules ? ruleSet(box.rules) : undefined,
      nat: box.nat ?? [],
      helperAt: box.helper ?? 'prerouting',
      clampMss: box.clampMss,
    }
    let filter = this.filters.get(name)
    if (filter) filter.change(setup)
    else {
      filter = new PacketFilter(node.env.scope('filter'), machineOf(node), setup)
      this.filters.set(name, filter)
      node.stack.hooks = filter
    }
    return filter
  }
  setMtu(name: Name, iface: string, mtu: number): void {
    const port = this.node[name].stack.interface(iface)?.port
    if (port) Object.defineProperty(port, 'mtu', { get: () => mtu })
  }
  route(name: Name, network: string, via: string): void {
    this.node[name].stack.addRoute({ prefix: prefix(network), via: ip(via) })
  }
  /** The way around the firewall: r's alt0 stands in the clients' network. */
  around(address: string): void {
    this.net.link([this.node.r, 'alt0', address], [this.lan, 'pr'], { type: 'ethernet' })
  }
  renumber(name: Name, iface: string, address: string): void {
    const { stack } = this.node[name]
    stack.renumber(iface, ip(address))
    const port = stack.interface(iface)?.port
    if (port instanceof EthernetPort) port.renumber(ip(address))
  }
  forgetPathMtu(): void {
    this.#pathMtu.clear()
  }
  flush(name: Name): void {
    this.filters.get(name)?.flush()
  }
  /** The clients' network is routed, not translated. */
  routed(): void {
    this.node.r.stack.addRoute({ prefix: prefix('192.168.77.0/24'), via: ip(IP.nat) })
  }
  /** A look at the table, as the rig's at /proc, ends what has outlived its time. */
  hasGre(name: Name): boolean {
    this.filters.get(name)?.conntrack.expire()
    return this.connections(name, 47).length > 0
  }
  connections(name: Name, protocol?: number): string[] {
    const flows = [...(this.filters.get(name)?.conntrack.flows ?? [])]
    return flows.filter(f => protocol === undefined || f.original.protocol === protocol).map(String)
  }

  // Raw GRE sockets

  greOpen(...names: Name[]): void {
    for (const name of names) {
      const received: { sequence?: number; src: string; dst: string; callid?: number | undefined }[] = []
      this.#received.set(name, received)
      this.node[name].stack.handle(47, {
        receive: (packet: Packet) => {
          const { bytes, start, end } = packet
          const src = formatIpv4(Ipv4Header.source(bytes, start))
          const dst = formatIpv4(Ipv4Header.destination(bytes, start))
          received.push({ ...M.readGre(bytes.slice(start + Ipv4Header.headerLength(bytes, start), end)), src, dst })
          packet.release()
        },
      })
    }
  }
  greClose(...names: Name[]): void {
    for (const name of names) {
      this.#received.delete(name)
      this.node[name].stack.handle(47, undefined as never)
    }
  }

  probe(from: Name, to: string, callId: number | undefined, options: ProbeOptions = {}): Probe {
    const { label, payload, ack, df, raw, wait = SETTLE } = options
    const sequence = ++this.sequence
    const bytes = raw
      ? raw(sequence)
      : M.gre(callId ?? 0, sequence, {
          ack,
          payload: payload === undefined ? undefined : new Uint8Array(payload).fill(120),
        })
    const { env, stack } = this.node[from]
    const errors = this.icmp.get(from) as Icmp[]
    const known = errors.length
    const mtu = Math.min(this.#pathMtu.get(`${from} ${to}`) ?? 65_535, stack.mtuTowards(ip(to)) ?? 65_535)
    const probe = label ?? `${from}->${HOST.get(to) ?? to}`
    const tooBig = df === true && bytes.length + 20 > mtu
    if (!tooBig) stack.output(env.packets.from(bytes), ip(to), 47, { dontFragment: df ?? false })
    this.wait(wait)
    const icmp = errors.slice(known)
    const needed = icmp.find(({ type, code }) => type === 3 && code === 4)
    if (needed) this.#pathMtu.set(`${from} ${to}`, needed.mtu)
    const received_by: Record<string, { src: string; dst: string; callid?: number | undefined }> = {}
    for (const [name, list] of this.#received)
      for (const { sequence: number, src, dst, callid } of list)
        if (number === sequence) received_by[name] = { src, dst, ...(callid === undefined ? {} : { callid }) }
    const delivered = Object.keys(received_by).length > 0
    const error = icmp[0]
    const outcome = delivered ? 'delivered' : error ? `icmp ${error.type}/${error.code}` : tooBig ? 'EMSGSIZE' : 'lost'
    const so_error = error ? SOCKET_ERRORS[error.code] : undefined
    return { probe, callid_sent: callId, outcome, received_by, so_error, icmp }
  }

  // Control connections

  listen(name: Name, port = 1723): Listener {
    return new Listener(this, name, port)
  }
  /** Undefined: what the client was told is in `error`. */
  connect(name: Name, to: string, sport: number, port = 1723, limit = sec(3)): Conn {
    const conn = new Conn(this)
    conn.attach(this.node[name].tcp.connect(ip(to), port, conn.handlers, sport === 0 ? undefined : sport))
    this.until(() => conn.isOpen || conn.error !== undefined, limit)
    return conn
  }
}

function personalityOf({ helper, like, loose, timeouts = {}, pptp, limit }: Box): Personality {
  const base = PERSONALITIES[like ?? (helper ? 'linux-pptp' : 'linux')]
  return {
    ...base,
    tcpLoose: loose ?? base.tcpLoose,
    timeouts: { ...base.timeouts, ...timeouts },
    pptp: base.pptp && { ...base.pptp, ...pptp },
    limit: limit ?? base.limit,
  }
}

function ruleSet(texts: readonly string[]): RuleSet {
  const rules: RuleSpec[] = []
  const policies = { input: 'accept', forward: 'accept', output: 'accept' } as {
    [K in RuleSpec['chain']]: 'accept' | 'drop'
  }
  for (const text of texts) {
    const line = parseRule(text)
    if ('error' in line) throw new Error(`${text}: ${line.error.message}`)
    if ('rule' in line) rules.push(line.rule)
    else policies[line.chain] = line.policy
  }
  return new RuleSet({ rules, policies })
}

const machineOf = ({ stack, tcp }: IpNode) => ({
  addressOf: (iface: string): Ipv4 | undefined => stack.interface(iface)?.address,
  isOwn: (address: Ipv4): boolean => stack.isOwn(address),
  mtuOf: (iface: string): number | undefined => stack.interface(iface)?.port.mtu,
  unreachable: (about: Packet, code: number): void => stack.icmp.unreachable(about, code),
  reset: (about: Packet): void => tcp.refuse(about),
})

const TIMED_OUT = undefined
export class Conn {
  readonly rig: Rig
  isOpen = false
  error: string | undefined
  connection: Connection | undefined
  #buffer = new Uint8Array(0)
  #ended = false
  readonly handlers = {
    opened: (): void => {
      this.isOpen = true
    },
    data: (bytes: Uint8Array): void => {
      const joined = new Uint8Array(this.#buffer.length + bytes.length)
      joined.set(this.#buffer)
      joined.set(bytes, this.#buffer.length)
      this.#buffer = joined
    },
    ended: (): void => {
      this.#ended = true
    },
    closed: (reason: string): void => {
      this.error = reason
    },
  }

  constructor(rig: Rig) {
    this.rig = rig
  }
  attach(connection: Connection | undefined): this {
    this.connection = connection
    if (connection) connection.noDelay = true
    else this.error = 'no route'
    return this
  }
  get peerPort(): number {
    return this.connection?.remote.port ?? 0
  }
  get peerAddress(): string {
    return formatIpv4(this.connection?.remote.address ?? 0)
  }
  send(...parts: Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const bytes = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    this.connection?.write(bytes)
  }
  /** One control message; undefined when none comes in time, or why none will. */
  recv(limit = sec(1)): M.Seen | 'EOF' | 'ERR ECONNRESET' | typeof TIMED_OUT {
    const length = (): number => (this.#buffer[0] << 8) | this.#buffer[1]
    const isThere = (): boolean => this.#buffer.length >= 12 && this.#buffer.length >= length()
    this.rig.until(() => isThere() || this.#ended || this.error !== undefined, limit)
    if (isThere()) {
      const message = this.#buffer.slice(0, length())
      this.#buffer = this.#buffer.slice(length())
      return M.read(message)
    }
    if (this.error === 'reset') return 'ERR ECONNRESET'
    return this.#ended ? 'EOF' : TIMED_OUT
  }
  get(): M.Seen {
    const message = this.recv()
    if (message === undefined || typeof message === 'string') throw new Error(`no message: ${message}`)
    return message
  }
  close(): void {
    this.connection?.end()
  }
  abort(): void {
    this.connection?.abort()
  }
}

const listeners = new WeakMap<Rig, Map<string, { to: Listener }>>()
export class Listener {
  readonly rig: Rig
  readonly name: Name
  readonly #accepted: Conn[] = []

  constructor(rig: Rig, name: Name, port: number) {
    this.rig = rig
    this.name = name
    const all = listeners.get(rig) ?? new Map()
    listeners.set(rig, all)
    const place = all.get(`${name} ${port}`)
    if (place) place.to = this
    else {
      const target = { to: this as Listener }
      all.set(`${name} ${port}`, target)
      rig.node[name].tcp.listen(port, connection => target.to.take(connection))
    }
  }
  take(connection: Connection): Conn['handlers'] {
    const conn = new Conn(this.rig).attach(connection)
    conn.isOpen = true
    this.#accepted.push(conn)
    return conn.handlers
  }
  /** Undefined: nobody has come. */
  tryAccept(limit = sec(1.5)): Conn | undefined {
    this.rig.until(() => this.#accepted.length > 0, limit)
    return this.#accepted.shift()
  }
  accept(): Conn {
    const conn = this.tryAccept()
    if (!conn) throw new Error('nobody has come')
    return conn
  }
}

/** A completed SCCRQ/SCCRP/OCRQ/OCRP exchange. */
export class Call {
  readonly c: Conn
  readonly d: Conn
  readonly rig: Rig
  readonly from: Name
  readonly server: Name
  readonly to: string
  readonly cid: number
  readonly scid: number
  atServer: M.Seen = { msg: '' }
  atClient: M.Seen = { msg: '' }

  constructor(
    rig: Rig,
    from: Name,
    listener: Listener,
    to: string,
    sport: number,
    cid: number,
    scid: number,
    upTo: 'OCRP' | 'SCCRP' | 'TCP' = 'OCRP',
  ) {
    this.rig = rig
    this.from = from
    this.server = listener.name
    this.to = to
    this.cid = cid
    this.scid = scid
    this.c = rig.connect(from, to, sport)
    this.d = listener.accept()
    if (upTo === 'TCP') return
    this.c.send(M.sccrq())
    this.d.get()
    this.d.send(M.sccrp())
    this.c.get()
    if (upTo === 'SCCRP') return
    this.call()
    rig.wait(ms(30))
  }
  call(cid = this.cid, scid = this.scid, result = 1): void {
    this.c.send(M.ocrq(cid))
    this.atServer = this.d.get()
    this.d.send(M.ocrp(scid, this.atServer.callid ?? 0, result))
    this.atClient = this.c.get()
  }
  up(options: ProbeOptions = {}): Probe {
    return this.rig.probe(this.from, this.to, this.atClient.callid, options)
  }
  down(options: ProbeOptions = {}): Probe {
    return this.rig.probe(this.server, this.d.peerAddress, this.atServer.callid, options)
  }
  summary(): object {
    const { callid, peer, result } = this.atClient
    return {
      client_callid: this.cid,
      server_callid: this.scid,
      tcp_sport_at_server: this.d.peerPort,
      client_addr_at_server: this.d.peerAddress,
      'OCRQ.callid_at_server': this.atServer.callid,
      OCRP_at_client: { callid, peer, result },
    }
  }
}
