/**
 * The tunnels that a lab asks for, before anything has run: the way that each takes, what is before and behind it, and
 * whether its packets will be encrypted.
 *
 * What is said of encryption follows from the two ends' `auth` and `mppe` (docs/topology.md): MPPE takes its keys from
 * MS-CHAP and MS-CHAPv2, so that without either of them there are none (RFC 3079), and it needs a key length and a
 * way with states that both ends know.
 *
 * A firewall or a NAT box on the way may stop it (`lab/obstacles.ts`): what holds before the first of the `events`.
 *
 * Limits: passwords are not looked at, nor what `events` do; a tunnel that is `protected` here may be refused.
 */
import { formatIpv4, formatPrefix, type Ipv4 } from '../base/address.ts'
import { type Arrival, arrivalsOf } from '../lab/behind.ts'
import { type AskedCall, askedCalls, type DialledCall, type Dialler, dialledCalls } from '../lab/dialled.ts'
import type { AuthProtocol, ClientPptp, ClientSpec, Lab, MppeSpec, NodeSpec, ServerSpec } from '../lab/lab.ts'
import { type CallKind, type Obstacle, obstacleOn } from '../lab/obstacles.ts'
import { pathBetween, type Way } from '../lab/way.ts'

/** `none`: no tunnel comes up: the ends cannot agree, or something stops it. `open`: the other end is not of this lab. */
export type Protection = 'protected' | 'clear' | 'none' | 'open'

export interface Tunnel {
  /** From 1, in the order of the clients. */
  readonly no: number
  readonly client: string
  /** Where an access server makes it for somebody: who that is. */
  readonly caller?: string
  /** The name of a machine of the lab, or an address outside. */
  readonly server: string
  readonly way: Way
  /** Where it may go instead. */
  readonly others: readonly OtherEnd[]
  readonly protection: Protection
  /** What stops it on its way. */
  readonly obstacle?: Obstacle
  /** Why: `MPPE 128 bit, stateless`. */
  readonly because: string
  /** What its packets carry outside of the tunnel, and where: in clear text. */
  readonly before: Leg
  readonly behind: Leg
  /** Addresses inside; undefined where the server is not of this lab. */
  readonly inner: { readonly client: string; readonly server: string } | undefined
  /** Networks that the client reaches through it. */
  readonly routes: readonly string[]
}

export interface OtherEnd {
  readonly server: string
  readonly way: Way
  /** `if north does not answer` */
  readonly when: string
}

export interface Leg {
  /** End systems. */
  readonly nodes: readonly string[]
  readonly links: readonly number[]
  /** Of a telephone line before a compulsory tunnel that of the tunnel, since PPP passes both. */
  readonly protection: Protection
  /** Its nodes stand behind each other, not beside each other. */
  readonly inRow?: true
}

/** A client that calls a VPN server. */
type Caller = ClientSpec & { readonly pptp: ClientPptp }

const NOTHING: Leg = { nodes: [], links: [], protection: 'clear' }

export function tunnelsOf(lab: Lab): Tunnel[] {
  const clients = lab.nodes.filter((node): node is Caller => node.kind === 'client' && node.pptp !== undefined)
  const drafts = [
    ...clients.map(client => voluntary(lab, client)),
    ...dialledCalls(lab).flatMap(call => compulsory(lab, call)),
    ...askedCalls(lab).map(call => asked(lab, call)),
  ]
  const inTunnels = new Set(
    drafts.flatMap(({ way, before, others }) => [
      ...way.links,
      ...before.links,
      ...others.flatMap(other => other.way.links),
    ]),
  )
  return drafts.map(
    ({ forwards, end, ...draft }, i): Tunnel => ({
      ...draft,
      no: i + 1,
      before: forwards ? legAt(lab, draft.client, inTunnels) : draft.before,
      behind: end ? legAt(lab, end, inTunnels) : NOTHING,
    }),
  )
}

interface Draft extends Omit<Tunnel, 'no' | 'behind'> {
  /** Does its first machine pass on what comes from others? */
  readonly forwards: boolean
  /** The machine at its other end, if it is of the lab. */
  readonly end: string | undefined
}

function voluntary(lab: Lab, client: Caller): Draft {
  const { server: address, user, routes, forward } = client.pptp
  const { spec, obstacle, isDrawn, ...called } = calledAt(lab, client.name, address, {
    incoming: false,
    fromZero: client.pptp.callIds === 'from-zero',
  })
  return {
    client: client.name,
    ...called,
    ...prevented(obstacle, agreement(client.name, client.pptp, address, spec)),
    before: NOTHING,
    inner: spec && !isDrawn ? innerOf(user, spec) : undefined,
    routes: routes.map(formatPrefix),
    forwards: forward === true,
    end: isDrawn ? undefined : spec?.name,
  }
}

/** The access server makes it; PPP, and with it MPPE, begins in the machine that has dialled. */
function compulsory(lab: Lab, { client, nas, rule, to, links, nodes }: DialledCall): Draft[] {
  if (to === 'local' || to.length === 0) return []
  const [address, ...spare] = to
  const { spec, obstacle, isDrawn, ...called } = calledAt(lab, nas.name, address, INCOMING)
  const agreed = prevented(obstacle, agreement(client.name, client.dial, address, spec))
  const others = spare.map((next): OtherEnd => {
    const { server, way } = calledAt(lab, nas.name, next, INCOMING)
    return { server, way, when: `if ${called.server} does not answer` }
  })
  return [
    {
      ...byNas(client, nas.name, links, nodes, agreed, isDrawn ? undefined : spec),
      ...called,
      others: [...called.others, ...others],
      because: `${nas.name} makes it (rule: ${rule}); ${agreed.because}`,
    },
  ]
}

/** A PNS has the access server dial; the tunnel is the same as if the call had come from there. */
function asked(lab: Lab, { server, nas, via, number, client, links, nodes }: AskedCall): Draft {
  const { way, obstacle } = calledAt(lab, server, via, { incoming: false, fromZero: false })
  const spec = lab.nodes.find(({ name }) => name === server)
  const company = spec?.kind === 'pptp-server' ? spec : undefined
  const silent = { protection: 'none', because: `${client.name} answers no calls` } as const
  const agreed = client.dial.answer === undefined ? silent : agreement(client.name, client.dial, via, company)
  const what = prevented(obstacle, agreed)
  return {
    ...byNas(client, nas.name, links, nodes, what, company),
    server,
    way: { links: [...way.links].reverse(), nodes: [...way.nodes].reverse() },
    others: [],
    because: `${server} asks ${nas.name} to dial ${number}; ${what.because}`,
  }
}

/** What all tunnels of an access server have in common. */
function byNas(
  { name, dial }: Dialler,
  nas: string,
  links: readonly number[],
  nodes: readonly string[],
  agreed: Agreement,
  end: ServerSpec | undefined,
) {
  return {
    client: nas,
    caller: name,
    ...agreed,
    before: { nodes: nodes.slice(0, -1), links, protection: agreed.protection, inRow: true },
    inner: end && innerOf(dial.user, end),
    routes: dial.routes.map(formatPrefix),
    forwards: false,
    end: end?.name,
  } as const
}

/** So many links of its way it comes to pass: all, or those before what stops it. */
export function reachOf({ way, obstacle }: Tunnel): number {
  const at = obstacle?.up ? way.nodes.indexOf(obstacle.node) : -1
  return at < 0 ? way.links.length : at
}

/** Is there a part of its way behind what stops it, and one before? */
export function isCut(tunnel: Tunnel): boolean {
  const reach = reachOf(tunnel)
  return reach > 0 && reach < tunnel.way.links.length
}

interface Called extends Pick<Tunnel, 'server' | 'way' | 'others'> {
  /** If it is of the lab; of several the first. */
  readonly spec: ServerSpec | undefined
  readonly obstacle: Obstacle | undefined
  /** Which of its servers a balancer will draw nobody can say beforehand: the way ends there. */
  readonly isDrawn: boolean
}

const INCOMING: CallKind = { incoming: true, fromZero: false }

/** Where a call arrives; where routes do not lead there, a shortest way to whom it is meant for. */
function calledAt(lab: Lab, from: string, to: Ipv4, call: CallKind): Called {
  const arrivals = arrivalsOf(lab, from, to)
  const [first] = arrivals
  const spec = serverAt(lab, first?.address ?? to)
  const server = spec?.name ?? formatIpv4(to)
  const end = { server, spec, others: [], isDrawn: false }
  if (!first) return { ...end, way: shortest(lab, from, spec), obstacle: undefined }
  const obstacle = obstacleTo(lab, from, arrivals, call)
  const { way, drawnBy } = first
  if (drawnBy === undefined) return { ...end, way, obstacle }
  const reach = way.nodes.indexOf(drawnBy)
  const others = arrivals.map(({ way, address }): OtherEnd => {
    return { server: serverAt(lab, address)?.name ?? formatIpv4(address), way, when: `as ${drawnBy} draws` }
  })
  const cut = { links: way.links.slice(0, reach), nodes: way.nodes.slice(0, reach + 1) }
  return { server: drawnBy, spec, way: cut, others, obstacle, isDrawn: true }
}

/** What stops it wherever it goes. */
function obstacleTo(lab: Lab, from: string, arrivals: readonly Arrival[], call: CallKind): Obstacle | undefined {
  const found = arrivals.map(arrival => {
    const source = lab.links[arrival.way.links[0]]?.ends.find(({ node }) => node === from)?.ipv4?.address
    return source === undefined ? undefined : obstacleOn(lab, arrival, source, call)
  })
  return found.every(obstacle => obstacle !== undefined) ? found[0] : undefined
}

/** What stops a tunnel stops it whatever the ends agree on. */
function prevented(obstacle: Obstacle | undefined, agreed: Agreement): Agreement & Pick<Tunnel, 'obstacle'> {
  if (!obstacle) return agreed
  return { protection: 'none', because: obstacleWords(obstacle), obstacle }
}

/** `hotel drops GRE (forward drop proto gre)` */
function obstacleWords({ node, what, traffic, rule }: Obstacle): string {
  if (what === 'no helper') return `${node} has no PPTP helper: GRE goes out, and what comes back finds nobody`
  if (what === 'outgoing only')
    return `${node}'s PPTP helper knows no calls of an access server: what comes back finds nobody`
  if (what === 'no forward') return `${node} forwards TCP 1723 and no GRE`
  return `${node} ${what} ${traffic}${rule === '' ? '' : ` (${rule})`}`
}

function serverAt(lab: Lab, address: Ipv4): ServerSpec | undefined {
  const node = lab.nodes.find(({ interfaces }) => interfaces.some(({ ipv4 }) => ipv4?.address === address))
  return node?.kind === 'pptp-server' ? node : undefined
}

function shortest(lab: Lab, from: string, server: ServerSpec | undefined): Way {
  const links = server ? pathBetween(lab, from, server.name) : []
  const nodes = [from]
  for (const link of links) {
    const { ends } = lab.links[link]
    nodes.push(ends[ends[0].node === nodes[nodes.length - 1] ? 1 : 0].node)
  }
  return { links, nodes }
}

/** What can be reached from an end of a tunnel without a link that tunnels take. */
function legAt(lab: Lab, end: string, inTunnels: ReadonlySet<number>): Leg {
  const links = new Set<number>()
  const reached = [end]
  for (const name of reached) {
    lab.links.forEach(({ ends }, link) => {
      const side = ends.findIndex(({ node }) => node === name)
      if (side < 0 || inTunnels.has(link)) return
      links.add(link)
      const { node } = ends[1 - side]
      if (!reached.includes(node)) reached.push(node)
    })
  }
  const beyond = reached.filter(name => name !== end).map(name => lab.nodes.find(node => node.name === name))
  const all = beyond.filter(isEndSystem).map(({ name }) => name)
  const helpers = new Set(beyond.filter(node => node?.kind === 'radius').map(node => node?.name))
  // Nobody calls a server to reach the one that it asks for passwords, unless there is nothing else.
  const users = all.filter(name => !helpers.has(name))
  const systems = users.length > 0 ? users : all
  return { nodes: systems, links: systems.length > 0 ? [...links] : [], protection: 'clear' }
}

/** Machines that pass packets on. */
const BETWEEN = new Set<string>(['switch', 'router', 'firewall', 'load-balancer'])
const isEndSystem = (node: NodeSpec | undefined): node is NodeSpec => node !== undefined && !BETWEEN.has(node.kind)

function innerOf(user: string, { pptp }: ServerSpec): { client: string; server: string } {
  const own = pptp.grants.get(user)?.address
  const { first, last } = pptp.pool
  const pool = first === last ? formatIpv4(first) : `${formatIpv4(first)}-${lastPart(first, last)}`
  return { client: own === undefined ? pool : formatIpv4(own), server: formatIpv4(pptp.local) }
}

/** Of the end of a range as much as differs in a way that is seen at once: `10.8.0.10-99`. */
const lastPart = (first: Ipv4, last: Ipv4): string => (first >>> 8 === last >>> 8 ? `${last & 255}` : formatIpv4(last))

// What the two ends will agree on.

type LongMppe = Exclude<MppeSpec, string>
const spelled = (mppe: MppeSpec): LongMppe =>
  typeof mppe === 'string' ? { use: mppe, strengths: [128], state: 'stateless', reset: 'rfc' } : mppe

type Agreement = Pick<Tunnel, 'protection' | 'because'>

/** What one end says of PPP. */
type Wishes = Pick<ClientPptp, 'auth' | 'mppe'>

function agreement(name: string, wishes: Wishes, address: Ipv4, server: ServerSpec | undefined): Agreement {
  const ours = spelled(wishes.mppe)
  if (!server) {
    const outside = `${formatIpv4(address)} is not of this lab`
    if (ours.use === 'required') return { protection: 'protected', because: `${name} requires MPPE; ${outside}` }
    if (ours.use === 'off') return { protection: 'clear', because: `${name} has MPPE off` }
    return { protection: 'open', because: `${name} takes MPPE or clear text; ${outside}` }
  }
  const auth = chosenAuth(wishes.auth, server.pptp.auth)
  if (auth === undefined) {
    return { protection: 'none', because: `${name} agrees to no authentication that ${server.name} demands` }
  }
  const theirs = spelled(server.pptp.mppe)
  const hindrance = hindranceTo(name, ours, server.name, theirs, auth)
  if (hindrance === undefined) {
    const bits = ours.strengths.filter(one => theirs.strengths.includes(one))
    const state = ours.state === 'stateful' || theirs.state === 'stateful' ? 'stateful' : 'stateless'
    return { protection: 'protected', because: `MPPE ${Math.max(...bits)} bit, ${state}` }
  }
  const demanding = [
    { name, use: ours.use },
    { name: server.name, use: theirs.use },
  ].filter(({ use }) => use === 'required')
  if (demanding.length === 0) return { protection: 'clear', because: hindrance }
  const who = demanding.map(({ name }) => name).join(' and ')
  return { protection: 'none', because: `${hindrance}; ${who} ${demanding.length > 1 ? 'require' : 'requires'} it` }
}

/** What keeps MPPE from being used. */
function hindranceTo(
  client: string,
  ours: LongMppe,
  server: string,
  theirs: LongMppe,
  auth: AuthProtocol,
): string | undefined {
  const off = [
    { name: client, use: ours.use },
    { name: server, use: theirs.use },
  ].filter(({ use }) => use === 'off')
  if (off.length > 0) {
    return `${off.map(({ name }) => name).join(' and ')} ${off.length > 1 ? 'have' : 'has'} MPPE off`
  }
  if (!auth.startsWith('ms-chap')) return `${AUTH_NAMES[auth]} gives no keys for MPPE`
  if (!ours.strengths.some(one => theirs.strengths.includes(one))) {
    return `MPPE: ${client} has ${ours.strengths.join(' or ')} bit, ${server} ${theirs.strengths.join(' or ')}`
  }
  if (ours.state !== 'either' && theirs.state !== 'either' && ours.state !== theirs.state) {
    return `MPPE: ${client} is ${ours.state}, ${server} ${theirs.state}`
  }
  return undefined
}

const AUTH_NAMES: Readonly<Record<AuthProtocol, string>> = {
  pap: 'PAP',
  'chap-md5': 'CHAP with MD5',
  'ms-chap': 'MS-CHAP',
  'ms-chap-v2': 'MS-CHAPv2',
}

/** The server asks for its best; a client that does not agree names its own best (RFC 1661 §6.2). */
const chosenAuth = (client: readonly AuthProtocol[], server: readonly AuthProtocol[]): AuthProtocol | undefined =>
  client.includes(server[0]) ? server[0] : client.find(one => server.includes(one))
