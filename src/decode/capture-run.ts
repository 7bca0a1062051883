/**
 * A capture as a run: its addresses are machines, the wire between them is a link, and every frame is on it when the
 * capture saw it. So whoever looks at runs looks at captures with the same means: time goes on and back, packets are
 * listed, messages are events. What the machines were, and what became of a frame, a capture does not say: they have no
 * state, and nothing is ever dropped.
 *
 * Limits: the busiest addresses only are machines; the others have no more than their name.
 */
import { formatIpv4, parseIpv4 } from '../base/address.ts'
import type { Field } from '../base/field.ts'
import type { SimTime } from '../base/time.ts'
import type { EventFields, PacketFacts } from '../base/trace.ts'
import type { Lab, LinkEnd } from '../lab/lab.ts'
import { loadLab } from '../lab/load.ts'
import { Run } from '../lab/run.ts'
import { endpoints } from '../wire/one-line.ts'
import * as Pcap from '../wire/pcap.ts'
import { mppeLines, problemLines, startOf } from './decode.ts'
import type { Passwords } from './mppe-record.ts'
import { PhoneLines } from './phone-lines.ts'
import { CaptureReader } from './reader.ts'

/** So many of its ends are machines. */
const MACHINES = 12
/** What stands between them. */
const WIRE = 'wire'

type Message =
  | { readonly event: 'pptp-message'; readonly fields: EventFields['pptp-message'] }
  | { readonly event: 'ppp-message'; readonly fields: EventFields['ppp-message'] }

/** What is remembered of a frame; the octets are the capture's own. */
export interface Seen {
  readonly t: SimTime
  readonly from: string
  readonly to: string
  /** Of an IP packet. */
  readonly ip: Pick<PacketFacts, 'proto' | 'src' | 'dst' | 'length'> | undefined
  readonly messages: readonly Message[]
  /** Octets of it that the capture has. */
  readonly size: number
  /** The number of its call. */
  readonly call: number | undefined
}

export class CaptureRun {
  readonly reader: CaptureReader
  /** Its machines and the wire, under the name of the file. */
  readonly lab: Lab
  readonly #frames: readonly Seen[]
  /** Which link shows what a machine sends. */
  readonly #links: ReadonlyMap<string, number>

  /** `path`: how the file is called; `progress` is told now and then which share has been read. */
  constructor(
    bytes: Uint8Array,
    path: string,
    passwords: Passwords | undefined,
    progress: (share: number) => void = () => {},
  ) {
    const capture = Pcap.read(bytes)
    const frames: Seen[] = []
    const eye = new Eye(capture)
    const frame = (index: number, tree: Field, call: number | undefined): void => {
      frames.push(eye.see(index, tree, call, frames.at(-1)?.t ?? 0))
    }
    this.reader = new CaptureReader(capture, passwords, { progress, frame })
    this.#frames = frames
    const name = path.split(/[/\\]/).at(-1) ?? path
    const machines = machinesOf(frames)
    this.#links = new Map(machines.map((machine, index) => [machine, index]))
    this.lab = labOf(machines, name, Math.max(1, frames.at(-1)?.t ?? 0))
  }

  get frames(): number {
    return this.#frames.length
  }
  /** The layers of a frame, from 0, with all that the frames before it have told. */
  tree(index: number): Field {
    return this.reader.tree(index)
  }
  /** What a password has opened of it, its PPP protocol field first. */
  opened(index: number): Uint8Array | undefined {
    return this.reader.opened(index)
  }
  /** The first frames as `decode` has them, with their trees: what the ladder takes. */
  firstFrames(count: number) {
    const { capture, calls } = this.reader
    const frames = this.#frames.slice(0, count).map(({ t, from, to, ip, size, call }, index) => ({
      number: index + 1,
      t,
      length: size,
      interface: capture.interfaces[capture.frames[index].interface].name,
      source: ip?.src ?? from,
      destination: ip?.dst ?? to,
      ...(call === undefined ? {} : { call }),
      tree: this.reader.tree(index),
    }))
    return { capture, calls, frames }
  }
  frame(index: number): Seen {
    return this.#frames[index]
  }
  /** What is known of it as a whole: its calls, what was opened, what could not be read. */
  get facts(): readonly string[] {
    const { capture, calls, mppe, problems } = this.reader
    const told = calls.map(
      ({ number, pns, pac, pnsCallId, pacCallId }) =>
        `call ${number}: PNS ${formatIpv4(pns)}, call ID ${pnsCallId}; PAC ${formatIpv4(pac)}, call ID ${pacCallId}`,
    )
    return [...told, ...mppeLines({ capture, ...(mppe ? { mppe } : {}) }), ...problemLines({ problems })]
  }

  /** The run from its beginning; each time the same. The number of a journey in it is that of the frame. */
  begin(): Run {
    const run = new Run(this.lab, { fingerprint: false })
    const { scheduler } = run.simulation.world
    let index = 0
    const next = (): void => {
      if (index === this.#frames.length) return
      scheduler.after(this.#frames[index].t - run.now, 'capture', () => {
        this.#show(run, index)
        index++
        next()
      })
    }
    next()
    return run
  }

  #show(run: Run, index: number): void {
    const { t, from, to, ip, messages } = this.#frames[index]
    const { trace } = run.simulation.world
    const packet = `${from}#${index + 1}`
    const facts = ip && { packet, iface: WIRE, proto: ip.proto, src: ip.src, dst: ip.dst, length: ip.length }
    if (facts) trace.emit(from, 'send', facts)
    const known = this.#links.get(from)
    const link = run.simulation.links[known ?? 0]
    const { bytes } = this.reader.capture.frames[index]
    // What nobody is known to have sent comes out of the wire.
    const side = known === undefined ? 1 : 0
    link.tap?.({ t, from: side, bytes, packet, parent: undefined, fate: undefined, arrives: t })
    // For whom it is: whether it came there, nobody knows.
    if (facts) trace.emit(to, 'deliver', facts)
    for (const message of messages) {
      if (message.event === 'pptp-message') trace.emit(from, 'pptp-message', message.fields)
      else trace.emit(from, 'ppp-message', message.fields)
    }
  }
}

/** What a frame says of itself. */
class Eye {
  readonly #capture: Pcap.Capture
  readonly #start: bigint
  readonly #lines: PhoneLines

  constructor(capture: Pcap.Capture) {
    this.#capture = capture
    this.#start = startOf(capture)
    this.#lines = new PhoneLines(capture)
  }

  /** `least`: when the frame before it was there. Captures of several interfaces are not always in order. */
  see(index: number, tree: Field, call: number | undefined, least: SimTime): Seen {
    const frame = this.#capture.frames[index]
    const { source, destination } = endpoints(tree)
    const line = source === '' ? this.#lines.of(frame) : undefined
    const from = this.#called(source) || nodeOf(line?.source) || `interface ${frame.interface}`
    const to = this.#called(destination) || nodeOf(line?.destination)
    const messages = messagesIn(tree.children ?? [], to)
    const t = Math.max(least, Number(frame.time - this.#start))
    return { t, from, to, ip: ipOf(tree), messages, size: frame.bytes.length, call }
  }

  #called(address: string): string {
    const ipv4 = parseIpv4(address)
    return (ipv4 === undefined ? undefined : this.#capture.names.get(ipv4)) ?? address
  }
}

/** `bob` of `bob:tty0` */
const nodeOf = (end = ''): string => end.split(':')[0]

const child = (field: Field | undefined, name: string): Field | undefined =>
  field?.children?.find(part => part.name === name)
const textOf = (field: Field | undefined, name: string): string => child(field, name)?.text ?? ''
/** `configure-request` of `1 (Configure-Request)` */
const wordOf = (field: Field, name: string): string => {
  const text = textOf(field, name)
  return (/\((.*)\)/.exec(text)?.[1] ?? text).toLowerCase().replaceAll(' ', '-')
}

function ipOf(tree: Field): Seen['ip'] {
  const ip = child(tree, 'ipv4')
  if (!ip) return undefined
  const proto = wordOf(ip, 'protocol')
  const length = Number(child(ip, 'totalLength')?.value ?? 0)
  return { proto, src: textOf(ip, 'source'), dst: textOf(ip, 'destination'), length }
}

const PPP: ReadonlySet<string> = new Set(['lcp', 'pap', 'chap', 'ccp', 'ipcp', 'ipv6cp'])
/** Layers that hold layers of their own. */
const AROUND: ReadonlySet<string> = new Set(['reassembled', 'decrypted'])
/** Layers that hold messages of PPTP. */
const CONTROL: ReadonlySet<string> = new Set(['pptp', 'controlStream'])

/** Of PPTP and of the control protocols of PPP, on the wire or opened by a password. */
function messagesIn(layers: readonly Field[], to: string): Message[] {
  return layers.flatMap((layer): Message[] => {
    const { name, children = [], text } = layer
    if (AROUND.has(name)) return messagesIn(children, to)
    if (child(layer, 'controlMessageType')) {
      const fields = { way: 'sent', type: wordOf(layer, 'controlMessageType'), peer: to, detail: behind(text) } as const
      return [{ event: 'pptp-message', fields }]
    }
    if (CONTROL.has(name)) return messagesIn(children, to)
    if (!PPP.has(name)) return []
    const id = Number(child(layer, 'identifier')?.value ?? 0)
    const fields = {
      way: 'sent',
      proto: name,
      type: wordOf(layer, 'code'),
      iface: to,
      id,
      detail: behind(text),
    } as const
    return [{ event: 'ppp-message', fields }]
  })
}

/** What a message says behind its name: `call 0, peer's call 54945` */
const behind = (text: string): string => (text.includes(': ') ? text.slice(text.indexOf(': ') + 2) : '')

/** The busiest ends, in the order of their first frame. */
function machinesOf(frames: readonly Seen[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { from, to } of frames) {
    counts.set(from, (counts.get(from) ?? 0) + 1)
    if (to !== '') counts.set(to, (counts.get(to) ?? 0) + 1)
  }
  const busiest = [...counts].sort(([, a], [, b]) => b - a).slice(0, MACHINES)
  const chosen = new Set(busiest.map(([name]) => name))
  return [...counts.keys()].filter(name => chosen.has(name))
}

/**
 * A lab in which nothing happens: a switch has no address and says nothing by itself. It is checked under other names,
 * since addresses are none.
 */
function labOf(machines: readonly string[], name: string, stop: SimTime): Lab {
  const all = machines.length > 0 ? machines : ['nobody']
  const nodes = [...all.map((_, i) => `n${i}`), WIRE].map(node => `    ${node}: { kind: switch }`)
  const links = all.map((_, i) => `    - { endpoints: ["n${i}:p0", "${WIRE}:p${i}"], ipv4: [none, none] }`)
  const text = ['name: capture', 'topology:', '  nodes:', ...nodes, '  links:', ...links, ''].join('\n')
  const loaded = loadLab(text, name)
  if (!loaded.ok) throw new Error(`the lab of a capture: ${JSON.stringify(loaded.issues)}`)
  const { lab } = loaded
  const called = (alias: string): string => all[Number(/^n(\d+)$/.exec(alias)?.[1])] ?? alias
  const end = (one: LinkEnd): LinkEnd => ({ ...one, node: called(one.node) })
  return {
    ...lab,
    name,
    description: `A capture of ${formatList(all)}.`,
    stop,
    nodes: lab.nodes.map(node => ({ ...node, name: called(node.name) })),
    links: lab.links.map(link => ({ ...link, ends: [end(link.ends[0]), end(link.ends[1])] })),
  }
}

/** `a, b and 3 more` */
const formatList = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
