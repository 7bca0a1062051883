/**
 * Networks drawn by lot, healthy or with one fault: one to three clients on a LAN, with or without a NAT box, a carrier's NAT
 * behind it, a firewall before the office, a network behind it. The names of nodes and the text of a lab say nothing of the fault.
 */
import { type Random, seededRandom } from '../../src/base/random.ts'
import type { CauseName } from '../../src/diagnose/doctor/causes.ts'
import { type Lab, load } from '../../src/index.ts'

type Event = Record<string, unknown> & { at: string }
type Node = Record<string, unknown>

export interface Plan {
  clients: number
  /** Undefined: addresses that everybody can reach. */
  nat: string | undefined
  natKeys: Record<string, unknown>
  carrier: string | undefined
  guard: boolean
  guardRules: string[]
  natRules: string[]
  clientKeys: Record<string, unknown>
  clientPptp: Record<string, unknown>
  /** Only of the last client. */
  lastPptp: Record<string, unknown>
  officeKeys: Record<string, unknown>
  officePptp: Record<string, unknown>
  users: boolean
  pool: string
  /** The office's box forwards port 1723 to it. */
  forwards: string[] | undefined
  ispKnowsOffice: boolean
  webBehindRouter: Node | undefined
  /** A machine that knows the passwords. */
  radius: boolean
  wan: Record<string, unknown>
  events: Event[]
  stop: number
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]

/** Nothing is wrong with it. */
export function healthyPlan(random: Random): Plan {
  const nat = pick(random, [undefined, 'linux-pptp', 'linux-pptp', 'libalias', 'cisco'])
  const clients = 1 + random.below(3)
  const guard = random.chance(0.5)
  return {
    clients,
    nat,
    natKeys: {},
    carrier: nat !== undefined && random.chance(0.3) ? pick(random, ['linux-pptp', 'libalias']) : undefined,
    guard,
    guardRules: pick(random, [
      [],
      ['policy forward drop', 'forward accept proto tcp,udp,icmp', 'forward accept proto gre'],
    ]),
    natRules: random.chance(0.5) ? ['input drop in wan0 state new'] : [],
    clientKeys: {},
    clientPptp: {
      mppe: pick(random, ['required', 'required', 'optional']),
      ...(random.chance(0.4) ? { echo: pick(random, ['5s', '20s']) } : {}),
      ...(random.chance(0.3) ? { profile: pick(random, ['linux', 'windows']) } : {}),
    },
    lastPptp: {},
    officeKeys: {},
    officePptp: { mppe: 'required', ...(random.chance(0.3) ? { echo: '10s' } : {}) },
    users: true,
    pool: '10.8.0.10-10.8.0.99',
    forwards: undefined,
    ispKnowsOffice: true,
    webBehindRouter: undefined,
    radius: false,
    wan: {
      delay: pick(random, ['1ms', '10ms', '40ms', '120ms']),
      ...(random.chance(0.3) ? { rate: pick(random, ['2mbit', '10mbit', '100mbit']) } : {}),
      // Behind a NAT box one lost Outgoing-Call-Reply may cost the call (case B6 of test/nat), which is a fault to be named.
      ...(nat === undefined && random.chance(0.4) ? { loss: '0.2%' } : {}),
    },
    events: usual(random, clients),
    stop: 60,
  }
}

const nameOf = (i: number): string => `pc${i + 1}`

function usual(random: Random, clients: number): Event[] {
  const events: Event[] = []
  for (let i = 0; i < clients; i++) {
    const who = nameOf(i)
    events.push({ at: `${i * (1 + random.below(3))}s`, connect: who })
    events.push({ at: `${12 + i}s`, ping: { from: who, to: '10.8.0.1', count: 3 } })
    if (random.chance(0.5)) events.push({ at: '16s', fetch: { from: who, to: '10.8.0.1', bytes: '30kB' } })
    if (random.chance(0.3)) {
      // Whoever leaves in the midst of a transfer: what its other side still sends is no fault.
      events.push({ at: `${39 + i}s`, fetch: { from: who, to: '10.8.0.1', bytes: '2MB' } })
      events.push({ at: `${40 + i}s`, disconnect: who })
    }
  }
  return events
}

export function labOf(plan: Plan, seed: number): Lab {
  const nodes: Record<string, Node> = {}
  const links: Record<string, unknown>[] = []
  const users: Record<string, string> = {}
  for (let i = 0; i < plan.clients; i++) {
    const own = i === plan.clients - 1 ? plan.lastPptp : {}
    nodes[nameOf(i)] = {
      kind: 'client',
      routes: ['default via 192.168.1.1'],
      ...plan.clientKeys,
      pptp: { server: '203.0.113.5', user: `user${i + 1}`, password: `secret ${i + 1}`, ...plan.clientPptp, ...own },
    }
    users[`user${i + 1}`] = `secret ${i + 1}`
    links.push({ endpoints: [`${nameOf(i)}:eth0`, `lan:p${i + 1}`], ipv4: [`192.168.1.${10 + i}/24`, 'none'] })
  }
  nodes.lan = { kind: 'switch' }
  const outer = plan.carrier === undefined ? '198.51.100' : '100.64.0'
  nodes.home = {
    kind: plan.nat === undefined ? 'router' : 'firewall',
    routes: [`default via ${outer}.1`],
    ...(plan.nat === undefined
      ? {}
      : { nat: { inside: ['lan0'], outside: 'wan0', like: plan.nat, ...plan.natKeys }, filter: plan.natRules }),
  }
  links.push({ endpoints: ['lan:p0', 'home:lan0'], ipv4: ['none', '192.168.1.1/24'] })
  if (plan.carrier !== undefined) {
    nodes.carrier = {
      kind: 'firewall',
      routes: ['default via 198.51.100.1'],
      nat: { inside: ['lan0'], outside: 'wan0', like: plan.carrier },
    }
    links.push({ endpoints: ['home:wan0', 'carrier:lan0'], ipv4: [`${outer}.20/24`, `${outer}.1/24`], delay: '2ms' })
    links.push({ endpoints: ['carrier:wan0', 'isp:eth0'], ipv4: ['198.51.100.20/24', '198.51.100.1/24'], ...plan.wan })
  } else
    links.push({ endpoints: ['home:wan0', 'isp:eth0'], ipv4: ['198.51.100.20/24', '198.51.100.1/24'], ...plan.wan })
  office(plan, nodes, links, users)
  const source = {
    name: 'drawn',
    description: 'A network drawn by lot.',
    seed,
    stop: `${plan.stop}s`,
    topology: { nodes, links },
    events: plan.events,
  }
  const loaded = load(JSON.stringify(source), 'drawn')
  if (!loaded.ok)
    throw new Error(JSON.stringify(loaded.issues.map(({ path, message, hint }) => `${path}: ${message} ${hint}`)))
  return loaded.lab
}

function office(
  plan: Plan,
  nodes: Record<string, Node>,
  links: Record<string, unknown>[],
  users: Record<string, string>,
): void {
  const hasBox = plan.guard || plan.forwards !== undefined
  const inside = plan.forwards === undefined ? '203.0.113' : '10.20.0'
  const routes = [
    ...(plan.nat === undefined ? ['192.168.1.0/24 via 198.51.100.20'] : []),
    ...(hasBox && plan.forwards === undefined && plan.ispKnowsOffice ? ['203.0.113.0/24 via 192.0.2.2'] : []),
  ]
  nodes.isp = { kind: 'router', routes }
  nodes.office = {
    kind: 'pptp-server',
    routes: [`default via ${inside}.1`, ...(plan.webBehindRouter ? ['10.21.1.0/24 via 10.21.0.2'] : [])],
    ...plan.officeKeys,
    pptp: {
      local: '10.8.0.1',
      pool: plan.pool,
      ...(plan.radius ? { radius: { servers: ['aaa'], secret: 'between us', timeout: '2s', tries: 3 } } : { users }),
      ...plan.officePptp,
    },
  }
  if (!hasBox) {
    links.push({ endpoints: ['isp:eth1', 'office:eth0'], ipv4: ['203.0.113.1/24', '203.0.113.5/24'], delay: '5ms' })
  } else if (plan.forwards !== undefined) {
    nodes.gate = {
      kind: 'firewall',
      routes: ['default via 203.0.113.1'],
      nat: { inside: ['lan0'], outside: 'wan0', like: 'linux', forward: plan.forwards },
      filter: ['input drop in wan0 state new'],
    }
    links.push({ endpoints: ['isp:eth1', 'gate:wan0'], ipv4: ['203.0.113.1/24', '203.0.113.5/24'] })
    links.push({ endpoints: ['gate:lan0', 'office:eth0'], ipv4: ['10.20.0.1/24', '10.20.0.5/24'] })
  } else {
    nodes.guard = {
      kind: 'firewall',
      routes: ['default via 192.0.2.1'],
      ...(plan.guardRules.length > 0 ? { filter: plan.guardRules } : {}),
    }
    links.push({ endpoints: ['isp:eth1', 'guard:eth0'], ipv4: ['192.0.2.1/24', '192.0.2.2/24'] })
    links.push({ endpoints: ['guard:eth1', 'office:eth0'], ipv4: ['203.0.113.1/24', '203.0.113.5/24'], delay: '5ms' })
  }
  if (plan.radius) {
    nodes.aaa = { kind: 'radius', routes: ['default via 10.22.0.1'], radius: { secret: 'between us', users } }
    links.push({ endpoints: ['office:eth2', 'aaa:eth0'], ipv4: ['10.22.0.1/24', '10.22.0.5/24'] })
  }
  if (!plan.webBehindRouter) return
  nodes.inner = { ...plan.webBehindRouter, routes: ['default via 10.21.0.1'] }
  nodes.web = { kind: 'host', routes: ['default via 10.21.1.1'], tcp: { 'black-hole-detection': false } }
  links.push({ endpoints: ['office:eth1', 'inner:eth0'], ipv4: ['10.21.0.1/24', '10.21.0.2/24'] })
  links.push({ endpoints: ['inner:eth1', 'web:eth0'], ipv4: ['10.21.1.1/24', '10.21.1.80/24'] })
}

const guarded =
  (...rules: readonly string[]) =>
  (plan: Plan): void => {
    plan.guard = true
    plan.guardRules = [...rules]
  }
const behind = (like: string, plan: Plan, ...rules: readonly string[]): void => {
  plan.nat = like
  plan.carrier = undefined
  plan.natRules = [...rules]
}
/** Clients whose tunnels are up and say something now and then, and an event at 20 s. */
const during =
  (event: Omit<Event, 'at'>, change: (plan: Plan, random: Random) => void = () => {}) =>
  (plan: Plan, random: Random): void => {
    plan.clientPptp = { ...plan.clientPptp, echo: '5s' }
    plan.events = plan.events.filter(one => !('disconnect' in one))
    plan.events.push({ at: '20s', ...event })
    plan.stop = 120
    change(plan, random)
  }
const wanOf = ({ carrier }: Plan): string[] => [carrier === undefined ? 'home' : 'carrier', 'isp']
const withFilesBehind = (inner: Node, plan: Plan): void => {
  plan.webBehindRouter = inner
  plan.clients = 1
  plan.clientPptp = { ...plan.clientPptp, routes: ['10.21.0.0/16'] }
  plan.events = [
    { at: '0s', connect: 'pc1' },
    { at: '5s', ping: { from: 'web', to: '10.8.0.10', count: 5, size: '1472B', 'dont-fragment': true } },
  ]
}

/** What may be wrong with a network, and what the doctor has to name first. */
export const FAULTS: Readonly<Record<string, { readonly cause: CauseName; apply(plan: Plan, random: Random): void }>> =
  {
    'GRE blocked both ways': { cause: 'gre-blocked', apply: guarded('forward drop proto gre') },
    'GRE blocked on the way to the office': { cause: 'gre-blocked', apply: guarded('forward drop in eth0 proto gre') },
    'GRE blocked on the way to the clients': { cause: 'gre-blocked', apply: guarded('forward drop in eth1 proto gre') },
    'GRE blocked while tunnels are up': {
      cause: 'gre-blocked',
      apply: during(
        { rule: { node: 'guard', add: 'forward drop proto gre', at: 1 } },
        guarded('forward accept proto tcp,icmp', 'policy forward accept'),
      ),
    },
    'GRE refused': { cause: 'gre-blocked', apply: guarded('forward reject proto gre') },
    '1723 dropped': {
      cause: 'port-1723-blocked',
      apply: plan => {
        guarded('forward drop proto tcp dport 1723')(plan)
        plan.stop = 150
      },
    },
    '1723 refused by a rule': {
      cause: 'port-1723-blocked',
      apply: guarded('forward reject with tcp-reset proto tcp dport 1723'),
    },
    'port 47': {
      cause: 'port-47-mistake',
      apply: guarded(
        'policy forward drop',
        'forward accept proto icmp',
        'forward accept proto tcp dport 1723,47',
        'forward accept proto tcp sport 1723,47',
      ),
    },
    'wrong password': { cause: 'wrong-password', apply: plan => void (plan.lastPptp = { password: 'wrong' }) },
    'MPPE required by one end': { cause: 'mppe-mismatch', apply: plan => void (plan.lastPptp = { mppe: 'off' }) },
    'MPPE keys of other lengths': {
      cause: 'mppe-mismatch',
      apply: plan => void (plan.lastPptp = { mppe: { use: 'required', strengths: [40] } }),
    },
    'another way of authentication': {
      cause: 'auth-mismatch',
      apply: plan => {
        plan.officePptp = { ...plan.officePptp, auth: ['ms-chap-v2'] }
        plan.lastPptp = { auth: 'pap', mppe: 'optional' }
      },
    },
    'pool of one': {
      cause: 'pool-exhausted',
      apply: plan => {
        plan.clients = 2
        plan.pool = '10.8.0.10-10.8.0.10'
        plan.events = [0, 1].map(i => ({ at: `${i * 5}s`, connect: nameOf(i) }))
      },
    },
    'limit of calls': {
      cause: 'call-limit',
      apply: plan => {
        plan.clients = 2
        plan.officePptp = { ...plan.officePptp, limits: { calls: 1 } }
        plan.events = [0, 1].map(i => ({ at: `${i * 5}s`, connect: nameOf(i) }))
      },
    },
    'the server is off': {
      cause: 'server-down',
      apply: plan => {
        plan.events = [
          { at: '0s', crash: 'office' },
          ...plan.events.map(event => (event.connect === undefined ? event : { ...event, at: '1s' })),
        ]
        plan.stop = 150
      },
    },
    'the server loses its power': { cause: 'server-crash', apply: during({ crash: 'office' }) },
    'nobody listens there': {
      cause: 'service-down',
      apply: plan => void (plan.clientPptp = { ...plan.clientPptp, server: plan.guard ? '192.0.2.1' : '203.0.113.1' }),
    },
    'no route to the office': {
      cause: 'no-route',
      apply: plan => {
        guarded()(plan)
        plan.ispKnowsOffice = false
        plan.stop = 150
      },
    },
    'NAT without helper': {
      cause: 'nat-no-helper',
      apply: (plan, random) => behind('linux', plan, ...(random.chance(0.5) ? ['input drop in wan0 state new'] : [])),
    },
    'NAT with one place': {
      cause: 'nat-single-slot',
      apply: plan => {
        behind('keyless', plan, 'input drop in wan0 state new')
        plan.clients = 2
        plan.events = [0, 1].map(i => ({ at: `${i * 5}s`, connect: nameOf(i) }))
      },
    },
    'NAT that passes no GRE': { cause: 'nat-no-gre', apply: plan => behind('cgn', plan) },
    'carrier NAT that passes no GRE': {
      cause: 'nat-no-gre',
      apply: plan => {
        behind('linux-pptp', plan)
        plan.carrier = 'cgn'
      },
    },
    'NAT with a port for one': {
      cause: 'nat-table-full',
      apply: plan => {
        behind('linux-pptp', plan)
        plan.clients = 2
        plan.natKeys = { ports: '40000-40000' }
        plan.events = [0, 1].map(i => ({ at: `${i * 5}s`, connect: nameOf(i) }))
        plan.stop = 150
      },
    },
    'idle timeout of the NAT': {
      cause: 'nat-idle-timeout',
      apply: plan => {
        behind('linux-pptp', plan, 'input drop in wan0 state new')
        plan.clients = 1
        plan.clientPptp = { mppe: 'required' }
        plan.officePptp = { mppe: 'required' }
        plan.events = [
          { at: '0s', connect: 'pc1' },
          { at: '10s', ping: { from: 'pc1', to: '10.8.0.1', count: 3 } },
          { at: '250s', ping: { from: 'pc1', to: '10.8.0.1', count: 4 } },
        ]
        plan.stop = 280
      },
    },
    'the NAT is started anew': {
      cause: 'nat-reboot',
      apply: during({ nat: { node: 'home', flush: true } }, plan =>
        behind('linux-pptp', plan, 'input drop in wan0 state new'),
      ),
    },
    'the NAT remembers the call before': {
      cause: 'nat-stale-flow',
      apply: (plan, random) => {
        behind('linux-pptp', plan, ...(random.chance(0.5) ? ['input drop in wan0 state new'] : []))
        plan.clients = 1
        plan.clientPptp = { ...plan.clientPptp, 'call-ids': 'from-zero' }
        plan.events = [
          { at: '0s', connect: 'pc1' },
          { at: '10s', ping: { from: 'pc1', to: '10.8.0.1', count: 3 } },
          { at: '20s', restart: 'pc1' },
          { at: '20s', restart: 'office' },
          { at: `${21 + random.below(20)}s`, connect: 'pc1' },
        ]
        plan.stop = 90
      },
    },
    'the NAT gets another address': {
      cause: 'nat-new-address',
      apply: during({ nat: { node: 'home', address: '198.51.100.77' } }, plan => behind('linux-pptp', plan)),
    },
    'the NAT forgets while the call is set up': {
      cause: 'helper-blind',
      apply: plan => {
        behind('linux-pptp', plan, 'input drop in wan0 state new')
        plan.clients = 1
        plan.wan = { delay: '100ms' }
        plan.events = [
          { at: '0s', connect: 'pc1' },
          { at: '500ms', nat: { node: 'home', flush: true } },
        ]
      },
    },
    'a firewall behind the office': {
      cause: 'firewall-blocks',
      apply: plan => {
        withFilesBehind({ kind: 'firewall', filter: ['forward drop proto icmp'] }, plan)
        plan.events[1] = { at: '5s', ping: { from: 'pc1', to: 'web', count: 5 } }
      },
    },
    'a server that proves nothing': {
      cause: 'auth-mismatch',
      apply: plan => void (plan.lastPptp = { 'require-auth': { auth: 'chap-md5', users: { office: 'open sesame' } } }),
    },
    'a server with another password of its own': {
      cause: 'server-unproved',
      apply: plan => {
        plan.officePptp = { ...plan.officePptp, identity: { user: 'office', password: 'a guess', auth: 'chap-md5' } }
        plan.lastPptp = { 'require-auth': { auth: 'chap-md5', users: { office: 'open sesame' } } }
      },
    },
    'a server behind a NAT': {
      cause: 'server-behind-nat',
      apply: plan => {
        plan.guard = false
        plan.forwards = ['tcp 1723 to office']
      },
    },
    'a firewall on the computer': {
      cause: 'host-firewall',
      apply: plan => {
        behind('linux-pptp', plan)
        plan.clientKeys = { filter: ['policy input drop', 'input accept state established,related'] }
      },
    },
    'a firewall on the server': {
      cause: 'server-firewall',
      apply: plan => {
        plan.officeKeys = {
          filter: [
            'policy input drop',
            'input accept state established,related',
            'input accept proto tcp dport 1723',
            'input accept proto icmp',
          ],
        }
      },
    },
    'a cable is pulled': { cause: 'link-cut', apply: during({ link: { between: ['lan', 'home'], down: true } }) },
    'a cable was never in': {
      cause: 'link-cut',
      apply: plan => {
        plan.events = [
          { at: '0s', link: { between: ['lan', 'home'], down: true } },
          ...plan.events.map(event => (event.connect === undefined ? event : { ...event, at: '1s' })),
        ]
        plan.stop = 150
      },
    },
    'the line loses most': {
      cause: 'line-loss',
      apply: plan => {
        plan.wan = { delay: '10ms', loss: '70%' }
        plan.stop = 150
      },
    },
    'the line loses a tenth': {
      cause: 'line-loss',
      apply: plan => {
        // Behind a helper a lost reply to the call is a fault of its own.
        plan.nat = undefined
        plan.carrier = undefined
        plan.wan = { delay: '10ms', loss: '10%' }
        plan.events.push({ at: '20s', ping: { from: 'pc1', to: '10.8.0.1', count: 100, interval: '100ms' } })
      },
    },
    'the line changes bits': {
      cause: 'line-spoils',
      apply: (plan, random) => {
        plan.wan = { delay: '10ms', corruption: pick(random, ['5%', '10%', '20%']) }
        plan.events.push({ at: '20s', ping: { from: 'pc1', to: '10.8.0.1', count: 100, interval: '100ms' } })
      },
    },
    'RADIUS is silent': {
      cause: 'radius-silent',
      apply: plan => {
        plan.radius = true
        plan.events = [{ at: '0s', link: { between: ['office', 'aaa'], down: true } }, ...plan.events]
      },
    },
    'the server is stopped': { cause: 'server-stopped', apply: during({ shutdown: 'office' }) },
    'idle limit': {
      cause: 'session-limit',
      apply: plan => {
        plan.clients = 1
        plan.officePptp = { ...plan.officePptp, limits: { idle: '10s' } }
        plan.events = [{ at: '0s', connect: 'pc1' }]
      },
    },
    'ICMP is filtered': {
      cause: 'icmp-filtered',
      apply: (plan, random) =>
        withFilesBehind(
          random.chance(0.5)
            ? { kind: 'router', icmp: { 'fragmentation-needed': 'off' } }
            : { kind: 'firewall', filter: ['forward drop proto icmp icmp-type fragmentation-needed'] },
          plan,
        ),
    },
    'packets overtake each other': {
      cause: 'reordering',
      apply: plan => {
        plan.clients = 1
        plan.wan = { delay: '20ms' }
        plan.clientPptp = { ...plan.clientPptp, gre: { 'out-of-order': 'drop' } }
        plan.events = [
          { at: '0s', connect: 'pc1' },
          { at: '10s', link: { between: wanOf(plan), jitter: '15ms' } },
          { at: '12s', ping: { from: 'pc1', to: '10.8.0.1', count: 400, interval: '5ms' } },
        ]
      },
    },
    'stateful encryption on a bad line': {
      cause: 'mppe-stateful-loss',
      apply: plan => {
        plan.clients = 1
        plan.clientPptp = { mppe: { use: 'required', state: 'stateful' } }
        plan.officePptp = { mppe: { use: 'required', state: 'either' } }
        plan.wan = { delay: '30ms' }
        plan.events = [
          { at: '0s', connect: 'pc1' },
          {
            at: '10s',
            link: { between: wanOf(plan), loss: '2%' },
          },
          { at: '12s', ping: { from: 'pc1', to: '10.8.0.1', count: 1000, interval: '20ms' } },
        ]
      },
    },
    'NAT with one place in all': {
      cause: 'nat-one-computer',
      apply: plan => {
        behind('single', plan, 'input drop in wan0 state new')
        plan.clients = 2
        plan.events = [0, 1].map(i => ({ at: `${i * 5}s`, connect: nameOf(i) }))
      },
    },
  }

/** The fault number `seed` of the list, in a network of its own. */
export function faultyNet(seed: number): { readonly fault: string; readonly cause: CauseName; readonly lab: Lab } {
  const random = seededRandom(seed).fork('faulty net')
  const names = Object.keys(FAULTS)
  const fault = names[seed % names.length]
  const plan = healthyPlan(random)
  FAULTS[fault].apply(plan, random)
  const there = new Set(Array.from({ length: plan.clients }, (_, i) => nameOf(i)))
  // Some faults want fewer computers than were drawn.
  plan.events = plan.events.filter(event => {
    const who =
      event.connect ??
      event.disconnect ??
      (event.ping as { from?: string })?.from ??
      (event.fetch as { from?: string })?.from
    return !String(who).startsWith('pc') || there.has(String(who))
  })
  return { fault, cause: FAULTS[fault].cause, lab: labOf(plan, seed) }
}

export const healthyNet = (seed: number): Lab => labOf(healthyPlan(seededRandom(seed).fork('healthy net')), seed)
