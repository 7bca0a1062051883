/** Firewalls and NAT boxes as those see them who look at a run: rules with their counters, and the table of connections. */
import { formatIpv4 } from '../base/address.ts'
import type { Duration } from '../base/time.ts'
import type { Flow } from '../filter/flow.ts'
import { PERSONALITIES as BOXES } from '../filter/personalities/index.ts'
import { TCP_STATES } from '../filter/tcp-tracker.ts'
import { type Tuple, withCall } from '../filter/tuple.ts'
import type { Personality } from '../filter/types.ts'
import { IpNode } from '../node/ip-node.ts'
import type { Snapshot } from '../node/node.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import type { Simulation } from './build.ts'
import { PERSONALITIES } from './filter.ts'

export interface BoxConnection {
  /** From 1, in the order of their beginning; one that is gone leaves no gap. */
  readonly no: number
  readonly proto: string
  /** Addresses with their ports; of GRE with the call ID that its packets have. */
  readonly inside: string
  readonly remote: string
  /** What the inside looks like from outside; the same if it is not translated. */
  readonly outside: string
  /** Until it is forgotten, if no packet comes. */
  readonly left: Duration
  readonly state: string
  readonly packets: number
  /** By which it is translated; empty if it is not. */
  readonly rule: string
  /** As the trace has it. */
  readonly entry: string
}

export interface BoxRule {
  readonly text: string
  readonly packets: number
  readonly octets: number
}

export interface Box {
  readonly node: string
  readonly like: Personality['name']
  readonly about: string
  readonly evidence: Personality['evidence']
  /** Does it translate? */
  readonly isNat: boolean
  readonly limit: number
  /** Entries in the table, of which `connections` has the latest. */
  readonly size: number
  readonly expected: number
  /** In the order in which they are asked; each chain ends with its policy. */
  readonly rules: readonly BoxRule[]
  /** Rules of translation, as they are written. */
  readonly translations: readonly string[]
  readonly connections: readonly BoxConnection[]
}

/** What a NAT box may become, and what each is. */
export const BOX_KINDS: readonly Pick<Personality, 'name' | 'about'>[] = PERSONALITIES.map(name => ({
  name,
  about: BOXES[name].about,
}))

/** A view has no use for more. */
const MOST = 200

/** The machines that filter or translate, in the order of the lab. */
export const boxNames = ({ nodes }: Simulation): string[] =>
  [...nodes].filter(([, node]) => node instanceof IpNode && node.filtering !== undefined).map(([name]) => name)

export function boxOf({ nodes, world }: Simulation, name: string): Box | undefined {
  const node = nodes.get(name)
  if (!(node instanceof IpNode) || !node.filtering) return undefined
  const { filter } = node.filtering
  const { setup, conntrack } = filter
  const { now } = world.scheduler
  const { name: like, about, evidence, limit } = setup.personality
  const { keys } = setup.personality.gre
  const flows = conntrack.flows.filter(({ expires }) => expires > now)
  const rules = node.filtering.snapshot().rules as readonly Snapshot[]
  return {
    node: name,
    like,
    about,
    evidence,
    isNat: setup.nat.length > 0,
    limit,
    size: flows.length,
    expected: conntrack.expectations.length,
    rules: rules.map(rule => ({
      text: String(rule.rule),
      packets: Number(rule.packets),
      octets: Number(rule.octets),
    })),
    translations: [...new Set(setup.nat.map(({ text }) => text))],
    connections: flows
      .slice(-MOST)
      .map((flow, i) => connectionOf(flow, Math.max(0, flows.length - MOST) + i + 1, now, keys)),
  }
}

function connectionOf(flow: Flow, no: number, now: number, keys: Keys): BoxConnection {
  const { original, reply, packets, rule, expires } = flow
  const fromOutside = flow.destinationNat && !flow.sourceNat
  const [inside, remote] = fromOutside
    ? [near(reply, keys), near(original, keys)]
    : [near(original, keys), far(original, keys)]
  return {
    no,
    proto: Ipv4.protocolName(original.protocol),
    inside,
    remote,
    outside: fromOutside ? far(original, keys) : far(reply, keys),
    left: expires - now,
    state: stateOf(flow),
    packets,
    rule,
    entry: String(flow),
  }
}

type Keys = Personality['gre']['keys']

const near = ({ protocol, source, sourceKey }: Tuple, keys: Keys): string => end(protocol, source, sourceKey, keys)
const far = ({ protocol, destination, destinationKey }: Tuple, keys: Keys): string =>
  end(protocol, destination, protocol === Ipv4.PROTOCOL.icmp ? 0 : destinationKey, keys)

/** A box that reads no call IDs has none to show; of a sender only a helper knows it, and 0 stands for that. */
function end(protocol: number, address: number, key: number, keys: Keys): string {
  const text = formatIpv4((address >>> 0) as never)
  if (protocol === Ipv4.PROTOCOL.gre) return keys === 'none' || key === 0 ? text : withCall(text, key)
  return (protocol === Ipv4.PROTOCOL.tcp || protocol === Ipv4.PROTOCOL.udp) && key > 0 ? `${text}:${key}` : text
}

function stateOf({ original, tcpState, seenReply }: Flow): string {
  if (original.protocol === Ipv4.PROTOCOL.tcp) return TCP_STATES[tcpState] ?? 'none'
  return seenReply ? 'answered' : 'unanswered'
}
