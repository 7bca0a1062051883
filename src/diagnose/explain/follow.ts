/**
 * The life of a packet: the run once more, and everything that happens to it in all its forms. An echo request, the GRE
 * packet that it is wrapped in, and the echo request behind the tunnel are three packets with three names and one life.
 */
import { DROP_REASONS, type DropReason } from '../../base/drop.ts'
import type { SimTime } from '../../base/time.ts'
import type { TraceEvent } from '../../base/trace.ts'
import { captureName, framesOf } from '../../lab/capture.ts'
import { Run } from '../../lab/run.ts'
import { rewritingOf } from '../../lab/why.ts'
import type { Link, TappedFrame } from '../../link/link.ts'
import type { SerialLink } from '../../link/serial.ts'
import * as Ipv4 from '../../wire/ipv4.ts'
import { type Change, changesOf } from './changed.ts'
import { describeFrame, describePacket, endsOf, ipIn, makerOf } from './frames.ts'
import type { Survey } from './survey.ts'

interface Common {
  readonly t: SimTime
  /** Where it happens; of a line the machine that sends. */
  readonly node: string
  readonly packet: string
}

export type Step = Common &
  (
    | {
        readonly step: 'made'
        /** The packet that it was made from; absent for the first. */
        readonly parent?: string
        readonly how: 'made' | 'wrapped' | 'unwrapped' | 'cut' | 'joined'
        readonly what: string
      }
    | { readonly step: 'sent' | 'forwarded' | 'delivered'; readonly iface: string; readonly length: number }
    | {
        readonly step: 'line'
        readonly to: string
        readonly link: string
        /** The capture of `run --pcap`, and the number of the frame there. */
        readonly capture: string
        readonly frame: number
        readonly octets: number
        /** Nanoseconds in the queue. */
        readonly waited: number
        /** Absent: it never does. */
        readonly arrives?: SimTime
        readonly fate?: Exclude<TappedFrame['fate'], undefined>
        /** What its sender has changed since it came to him. */
        readonly changed: readonly Change[]
      }
    | {
        readonly step: 'rewritten'
        readonly field: string
        readonly before: string
        readonly after: string
        readonly rule?: string
        readonly entry?: string
      }
    | {
        readonly step: 'dropped'
        readonly reason: DropReason
        readonly sentence: string
        readonly layer: string
        readonly rule?: string
        readonly entry?: string
        readonly detail?: string
      }
  )

export interface Life {
  /** The packet that was asked for. */
  readonly packet: string
  /** Its number in the list of packets of the terminal UI, which does not have all. */
  readonly journey?: number
  readonly steps: readonly Step[]
}

/** Undefined: no packet of the run has this name. */
export function follow(survey: Survey, packet: string): Life | undefined {
  const journey = survey.journeys.get(packet)
  if (journey === undefined) return undefined
  return new Follower(survey, journey).follow(packet, survey.numbers.get(packet))
}

class Follower {
  readonly #run: Run
  readonly #steps: Step[] = []
  readonly #isWanted: (packet: string) => boolean
  readonly #known = new Set<string>()
  /** The last form of each packet that was on a line, as it was there. */
  readonly #last = new Map<string, Uint8Array>()
  readonly #frames = new Map<string, number>()
  /** What was on a telephone line. */
  readonly #onTelephone = new Set<string>()

  constructor({ source, journeys }: Survey, journey: number) {
    this.#isWanted = packet => journeys.get(packet) === journey
    const run = new Run(source.lab, { ...source.options, fingerprint: false })
    this.#run = run
    run.listen(event => this.#event(event))
    for (const [index, link] of run.simulation.links.entries()) {
      const capture = captureName(link)
      run.tap(index, frame => this.#frame(link, capture, frame))
    }
    run.lookInside((node, { packet, parent, bytes }) => {
      if (this.#isWanted(packet)) this.#first(node, packet, parent, describePacket(bytes), bytes.slice())
    })
  }

  follow(packet: string, journey: number | undefined): Life {
    this.#run.advance()
    return { packet, ...(journey === undefined ? {} : { journey }), steps: this.#steps }
  }

  #event(event: TraceEvent): void {
    switch (event.event) {
      case 'send':
      case 'forward':
      case 'deliver': {
        const { t, node, packet, parent, iface, length, proto, src, dst } = event
        if (!this.#isWanted(packet)) return
        this.#first(node, packet, parent, `${proto.toUpperCase()} ${src} -> ${dst}`, undefined)
        this.#steps.push({ t, node, packet, step: STEPS[event.event], iface, length })
        return
      }
      case 'nat':
      case 'nat-helper': {
        const { t, node, packet } = event
        if (!this.#isWanted(packet)) return
        this.#steps.push({ t, node, packet, step: 'rewritten', ...rewritingOf(event) })
        return
      }
      case 'drop': {
        const { t, node, packet, parent, reason, layer, rule, entry, detail, why, proto } = event
        if (packet === undefined || !this.#isWanted(packet)) return
        this.#first(node, packet, parent, (proto ?? layer).toUpperCase(), undefined)
        const told = [why, detail].filter(word => word !== undefined).join(', ')
        this.#steps.push({
          ...{ t, node, packet, step: 'dropped' as const, reason, sentence: DROP_REASONS[reason], layer },
          ...(rule === undefined ? {} : { rule }),
          ...(entry === undefined ? {} : { entry }),
          ...(told === '' ? {} : { detail: told }),
        })
        return
      }
      default:
    }
  }

  #frame(link: Link | SerialLink, file: string, frame: TappedFrame): void {
    const { t, packet, parent, bytes, fate, arrives, began } = frame
    const before = this.#frames.get(file) ?? 0
    this.#frames.set(file, before + framesOf(link, bytes))
    if (!this.#isWanted(packet)) return
    const [node, to] = endsOf(link, frame)
    const ip = ipIn(link, bytes)?.slice()
    this.#first(node, packet, parent, describeFrame(link, bytes), ip)
    if (link.type === 'serial') this.#onTelephone.add(packet)
    const last = this.#last.get(packet)
    if (ip) this.#last.set(packet, ip)
    this.#steps.push({
      ...{ t, node, packet, step: 'line' as const, to, link: link.name, capture: file, frame: before + 1 },
      octets: bytes.length,
      waited: (began ?? t) - t,
      ...(arrives === undefined ? {} : { arrives }),
      ...(fate === undefined ? {} : { fate }),
      changed: last && ip ? changesOf(last, ip) : [],
    })
  }

  /** Says once of each packet what it is and what it was made from. */
  #first(node: string, packet: string, parent: string | undefined, what: string, ip: Uint8Array | undefined): void {
    if (this.#known.has(packet)) {
      this.#tellBetter(packet, what, ip)
      return
    }
    this.#known.add(packet)
    const made = { t: this.#run.now, node, packet, step: 'made' as const, what }
    if (parent === undefined) this.#steps.push({ ...made, how: 'made' })
    else this.#steps.push({ ...made, parent, how: this.#howOf(packet, parent, what, ip) })
  }

  /** The trace has named it before its bytes were seen. */
  #tellBetter(packet: string, what: string, ip: Uint8Array | undefined): void {
    if (!ip || this.#last.has(packet)) return
    const index = this.#steps.findIndex(step => step.packet === packet && step.step === 'made')
    const step = this.#steps[index]
    if (step?.step !== 'made') return
    const [source, destination] = /(\S+) -> (\S+)/.exec(step.what)?.slice(1) ?? []
    this.#steps[index] = { ...step, what: source === undefined ? what : `${source} -> ${destination} ${what}` }
  }

  #howOf(
    packet: string,
    parent: string,
    what: string,
    ip: Uint8Array | undefined,
  ): 'wrapped' | 'unwrapped' | 'cut' | 'joined' | 'made' {
    const before = this.#last.get(parent)
    if (ip && Ipv4.isFragment(ip, 0)) return 'cut'
    if (before && Ipv4.isFragment(before, 0)) return 'joined'
    if (this.#onTelephone.has(parent) && makerOf(packet) !== makerOf(parent)) return 'unwrapped'
    if (/\bGRE\b/.test(what)) return 'wrapped'
    if (!before) return 'made'
    return Ipv4.protocol(before, 0) === Ipv4.PROTOCOL.gre && makerOf(packet) !== makerOf(parent) ? 'unwrapped' : 'made'
  }
}

const STEPS = { send: 'sent', forward: 'forwarded', deliver: 'delivered' } as const
