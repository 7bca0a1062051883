/**
 * A packet filter in its machine: what happens to a packet at each of the five places, in netfilter's order.
 *
 *      prerouting   connection tracking, helper for new connections, new destination
 *      input        rules, then as postrouting
 *      forward      rules
 *      output       as prerouting, then rules
 *      postrouting  new source, PPTP helper reads, the flow comes into the table
 *
 * A filter without state and without translation tracks nothing, and judges fragments one by one.
 */
import { formatIpv4 } from '../base/address.ts'
import { get16, get32 } from '../base/bytes.ts'
import type { DropReason } from '../base/drop.ts'
import type { Env } from '../base/env.ts'
import type { PacketHooks } from '../base/hooks.ts'
import type { Packet } from '../base/packet.ts'
import { dropFacts } from '../wire/facts.ts'
import * as Ipv4 from '../wire/ipv4.ts'
import { Conntrack } from './conntrack.ts'
import type { Flow } from './flow.ts'
import * as Mss from './mss.ts'
import { Nat } from './nat.ts'
import { PORT, PptpAlg } from './pptp-alg.ts'
import type { Side } from './rewrite.ts'
import type { Chain, Denial, FilterMachine, FilterSetup, PacketState, Passage } from './types.ts'

const { tcp: TCP, udp: UDP, gre: GRE } = Ipv4.PROTOCOL
const MESSAGES: Readonly<Record<'clash' | 'full', DropReason>> = { clash: 'nat-insert-failed', full: 'conntrack-full' }

/** The one that all packets of a filter share. */
class CurrentPassage implements Passage {
  chain: Chain = 'input'
  state: PacketState = 'untracked'
  inside = ''
  outside = ''
  #packet: Packet | undefined

  get packet(): Packet {
    if (!this.#packet) throw new Error('no packet is being judged')
    return this.#packet
  }
  set packet(packet: Packet) {
    this.#packet = packet
  }
}

export class PacketFilter implements PacketHooks {
  readonly conntrack: Conntrack
  readonly nat: Nat
  readonly alg: PptpAlg
  readonly #env: Env
  readonly #machine: FilterMachine
  #setup: FilterSetup
  readonly #passage = new CurrentPassage()
  /** The packet that is on its way from hook to hook, and where it came in. */
  #packet: Packet | undefined
  #inside = ''
  #flow: Flow | undefined
  #isReply = false
  #isError = false
  #state: PacketState = 'untracked'
  /** An error or a reset that is about to be sent, and the flow it tells of. */
  #attached: Packet | undefined
  #attachedFlow: Flow | undefined
  #attachedReply = false

  constructor(env: Env, machine: FilterMachine, setup: FilterSetup) {
    this.#env = env
    this.#machine = machine
    this.#setup = setup
    this.conntrack = new Conntrack(env, setup.personality, { gone: flow => this.#gone(flow) })
    this.nat = new Nat(env, this.conntrack, machine, setup.nat)
    this.alg = new PptpAlg(env, this.conntrack, this.nat)
  }

  get wantsWhole(): boolean {
    const { nat, judge, personality } = this.#setup
    return nat.length > 0 || (judge?.asksState ?? false) || personality.pptp !== undefined
  }
  get setup(): FilterSetup {
    return this.#setup
  }

  /** What is remembered of connections, of whatever kind; for those who look for leaks. */
  get held(): number {
    return this.conntrack.held + this.nat.held + this.alg.size
  }

  /** Other rules or another personality from now on; flows stay as they are. */
  change(setup: FilterSetup): void {
    this.#setup = setup
    this.conntrack.personality = setup.personality
    this.nat.rules = setup.nat
  }

  /** All entries are forgotten, as in a reboot; how many there were. */
  flush(): number {
    return this.conntrack.flush()
  }

  /** The interface has another address: what was hidden behind the old one is forgotten. */
  readdressed(iface: string): number {
    return this.conntrack.remove(flow => flow.masquerade === iface)
  }

  // The five places

  prerouting(packet: Packet, inside: string): boolean {
    this.#enter(packet, inside)
    return this.#begins('prerouting')
  }

  output(packet: Packet, outside: string): boolean {
    this.#enter(packet, '')
    return this.#begins('output') && this.#judge('output', '', outside)
  }

  input(packet: Packet, inside: string): boolean {
    if (packet !== this.#packet) this.#enter(packet, inside)
    return this.#judge('input', inside, '') && this.#ends('')
  }

  forward(packet: Packet, inside: string, outside: string): boolean {
    if (packet !== this.#packet) this.#enter(packet, inside)
    if (!this.#judge('forward', inside, outside)) return false
    if (this.#setup.clampMss !== undefined) this.#clamp(packet, inside, outside, this.#setup.clampMss)
    return true
  }

  postrouting(packet: Packet, outside: string): boolean {
    if (packet !== this.#packet) this.#enter(packet, '')
    return this.#ends(outside)
  }

  attach(error: Packet, about: Packet): void {
    if (about !== this.#packet || !this.#flow || this.#isError) return
    this.#attached = error
    this.#attachedFlow = this.#flow
    this.#attachedReply = !this.#isReply
  }

  // What they are made of

  /** A packet comes into sight; what was being looked at before has gone its way, or nowhere. */
  #enter(packet: Packet, inside: string): void {
    const before = this.#flow
    this.#packet = packet
    this.#inside = inside
    const table = this.conntrack
    if (!this.wantsWhole || Ipv4.isFragment(packet.bytes, packet.start)) {
      this.#flow = undefined
      this.#isError = false
      this.#state = 'untracked'
    } else {
      if (packet === this.#attached && this.#attachedFlow) table.relate(this.#attachedFlow, this.#attachedReply)
      else table.track(packet)
      this.#flow = table.flow
      this.#isReply = table.isReply
      this.#isError = table.isError
      this.#state = table.state
    }
    this.#attached = undefined
    this.#attachedFlow = undefined
    if (before && before !== this.#flow && !before.confirmed) table.discard(before)
  }

  #begins(place: 'prerouting' | 'output'): boolean {
    const flow = this.#flow
    if (!flow) {
      const drops = this.#state === 'invalid' && this.#setup.personality.invalid === 'dropped'
      return !drops || this.#drop('conntrack-invalid', undefined, 'none fits it')
    }
    if (!flow.confirmed && !this.#isError) {
      const { expected } = this.conntrack
      if (expected) this.alg.expected(flow, expected)
      this.#offerHelper(flow, place)
      const trouble = this.#setup.nat.length > 0 ? this.nat.decideDestination(flow, this.#inside) : undefined
      if (trouble) return this.#drop(trouble, String(flow.original))
    }
    return this.#translate(flow, 'destination')
  }

  #offerHelper(flow: Flow, place: 'prerouting' | 'output'): void {
    const { personality, helperAt } = this.#setup
    if (!personality.pptp || (helperAt !== 'both' && helperAt !== place)) return
    const { protocol, destinationKey } = flow.original
    if (protocol === TCP && destinationKey === PORT) this.alg.attach(flow)
  }

  #judge(chain: Chain, inside: string, outside: string): boolean {
    const { judge } = this.#setup
    if (!judge) return true
    const packet = this.#packet as Packet
    const passage = this.#passage
    passage.chain = chain
    passage.packet = packet
    passage.state = this.#state
    passage.inside = inside
    passage.outside = outside
    const denial = judge.judge(passage)
    return !denial || this.#deny(packet, chain, denial)
  }

  #deny(packet: Packet, chain: Chain, { rule, answer }: Denial): boolean {
    const flow = this.#flow
    const reason = answer === undefined ? 'filter-drop' : 'filter-reject'
    const detail = this.#state === 'untracked' ? chain : `${chain}, ${this.#state}`
    this.#env.trace.drop({ reason, layer: 'filter', ...dropFacts(packet), rule, detail })
    if (answer === 'tcp-reset') this.#machine.reset(packet)
    else if (answer) this.#machine.unreachable(packet, answer.icmp)
    this.#leave(packet, flow)
    return false
  }

  #ends(outside: string): boolean {
    const flow = this.#flow
    if (!flow) return true
    if (!flow.confirmed && !this.#isError && !this.#isReply) {
      const trouble = this.#setup.nat.length > 0 ? this.nat.decideSource(flow, this.#inside, outside) : undefined
      if (trouble) return this.#drop(trouble, String(flow.original))
    }
    if (!this.#translate(flow, 'source')) return false
    if (flow.helper && this.#state === 'established' && !this.#isError)
      this.alg.read(this.#packet as Packet, flow, this.#isReply)
    if (flow.confirmed || flow.gone || this.#isError || this.#isReply) return true
    const verdict = this.conntrack.confirm(flow)
    if (verdict !== 'ok') return this.#drop(MESSAGES[verdict], `wanted: ${flow}`, this.#refusalOf(verdict))
    if (this.#env.trace.on) this.#tell('begin', flow)
    return true
  }

  /** Changes what is to be changed of the packet at this place. */
  #translate(flow: Flow, side: Side): boolean {
    const { nat } = this
    if (!nat.changes(flow, this.#isReply, side)) return true
    const packet = this.#packet as Packet
    const before = this.#env.trace.packets ? endOf(packet, side) : ''
    const callId = this.#env.trace.packets ? callIdOf(packet) : ''
    const done = this.#isError
      ? nat.translateError(packet, flow, this.#isReply, side)
      : nat.translate(packet, flow, this.#isReply, side)
    if (!done) return this.#drop('nat-untranslatable', undefined, String(flow))
    if (this.#env.trace.packets) this.#tellTranslation(packet, flow, side, before, callId)
    return true
  }

  #clamp(packet: Packet, inside: string, outside: string, limit: number | 'interfaces'): void {
    const mtu = (iface: string): number => this.#machine.mtuOf(iface) ?? 65_535
    const most = limit === 'interfaces' ? Math.min(mtu(inside), mtu(outside)) - Mss.HEADERS : limit
    const before = Mss.clamp(packet.bytes, packet.start, packet.end, most)
    if (before === undefined || !this.#env.trace.packets) return
    const change = { field: 'mss' as const, before: String(before), after: String(most) }
    this.#env.trace.emit('nat', { packet: packet.id, proto: 'tcp', ...change, rule: 'MSS clamping' })
  }

  #refusalOf(verdict: 'clash' | 'full'): string {
    const { inTheWay, size, personality } = this.conntrack
    return verdict === 'clash' ? String(inTheWay) : `none: ${size} of ${personality.limit} are in use`
  }

  /** On an outside interface what no entry translates looks as if it were for this machine. */
  entryOf(packet: Packet): string | undefined {
    if (packet !== this.#packet || !this.nat.isOutside(this.#inside) || this.#flow?.translated) return undefined
    return 'none translates it to an inside host, so it is taken to be for this machine'
  }

  #drop(reason: DropReason, detail?: string, entry?: string): boolean {
    const packet = this.#packet as Packet
    const rule = this.#flow?.rule || undefined
    this.#env.trace.drop({ reason, layer: 'filter', ...dropFacts(packet), rule, entry, detail })
    this.#leave(packet, this.#flow)
    return false
  }

  #leave(packet: Packet, flow: Flow | undefined): void {
    if (flow) this.conntrack.discard(flow)
    this.#packet = undefined
    this.#flow = undefined
    packet.release()
  }

  #gone(flow: Flow): void {
    this.nat.forget(flow)
    if (flow.confirmed && this.#env.trace.on) this.#tell('end', flow)
  }

  // What the trace is told

  #tell(action: 'begin' | 'end', flow: Flow): void {
    const { protocol } = flow.original
    this.#env.trace.emit('flow', {
      action,
      proto: Ipv4.protocolName(protocol),
      entry: String(flow),
      rule: flow.rule,
    })
  }

  #tellTranslation(packet: Packet, flow: Flow, side: Side, before: string, callId: string): void {
    const common = { packet: packet.id, proto: protoOf(packet), rule: flow.rule }
    const after = endOf(packet, side)
    if (after !== before) {
      const field = this.#isError ? 'quoted' : side
      this.#env.trace.emit('nat', { ...common, field, before, after })
    }
    const newId = callIdOf(packet)
    if (newId !== callId) this.#env.trace.emit('nat', { ...common, field: 'call-id', before: callId, after: newId })
  }
}

const protoOf = ({ bytes, start }: Packet): string => Ipv4.protocolName(Ipv4.protocol(bytes, start))

/** `192.0.2.1:40001`, or the address alone. */
function endOf({ bytes, start, end }: Packet, side: Side): string {
  const address = formatIpv4(get32(bytes, start + (side === 'source' ? 12 : 16)))
  const protocol = Ipv4.protocol(bytes, start)
  const at = start + Ipv4.headerLength(bytes, start)
  if ((protocol !== TCP && protocol !== UDP) || at + 4 > end) return address
  return `${address}:${get16(bytes, at + (side === 'source' ? 0 : 2))}`
}

function callIdOf({ bytes, start, end }: Packet): string {
  const at = start + Ipv4.headerLength(bytes, start)
  return Ipv4.protocol(bytes, start) === GRE && at + 8 <= end ? String(get16(bytes, at + 6)) : ''
}
