/**
 * A run looked through once for what can be explained of it: which packets belong together, what was discarded and
 * rewritten and where, and the calls. It keeps names and counts and no bytes; who wants a packet's bytes has the run
 * again (`follow.ts`), which is the same run.
 */
import type { SimTime } from '../../base/time.ts'
import type { TraceEvent } from '../../base/trace.ts'
import { captureName, framesOf } from '../../lab/capture.ts'
import type { Lab } from '../../lab/lab.ts'
import { Run, type RunOptions } from '../../lab/run.ts'
import { type Snapshot, snapshot } from '../../lab/snapshot.ts'
import { Calls } from './calls.ts'
import { endsOf, ipIn, makerOf } from './frames.ts'

/** What a run is made of. */
export interface Source {
  readonly lab: Lab
  readonly options: RunOptions
}

type Event<K extends TraceEvent['event']> = Extract<TraceEvent, { event: K }>

/** Packets that met the same end. */
export interface Drops {
  readonly node: string
  readonly reason: Event<'drop'>['reason']
  readonly layer: string
  readonly proto: string | undefined
  readonly rule: string | undefined
  readonly entry: string | undefined
  readonly link: string | undefined
  count: number
  /** Of the first of them. */
  readonly t: SimTime
  readonly packet: string | undefined
  last: SimTime
}

/** A translation that a machine has made of many packets. */
export interface Rewrites {
  readonly node: string
  readonly proto: string
  readonly field: string
  readonly before: string
  readonly after: string
  /** Rule, or entry of the helper. */
  readonly by: string
  count: number
  readonly packet: string
}

export interface NodeFacts {
  sent: number
  forwarded: number
  delivered: number
  dropped: number
}

export interface Survey {
  readonly source: Source
  /** When the run ended. */
  readonly t: SimTime
  readonly nodes: ReadonlyMap<string, NodeFacts>
  readonly calls: Calls
  readonly drops: readonly Drops[]
  readonly rewrites: readonly Rewrites[]
  readonly flows: readonly Event<'flow'>[]
  /** Journeys by packet: those with the same number are forms of one. */
  readonly journeys: ReadonlyMap<string, number>
  /**
   * The numbers of the terminal UI. It begins a new one where an access server passes a frame on between a line and a
   * tunnel, and for what is discarded before it was seen.
   */
  readonly numbers: ReadonlyMap<string, number>
  /** What was never on its way by itself, and what it went in: a PPP frame and its GRE packet. */
  readonly carriers: ReadonlyMap<string, string>
  /** How many packets each machine has made. */
  readonly made: ReadonlyMap<string, number>
  /** Frames of each capture, by its name; and the packet of the frame that was asked for. */
  readonly frames: ReadonlyMap<string, number>
  readonly wanted: string | undefined
  /** The machines at the end. */
  readonly state: ReadonlyMap<string, Snapshot>
}

/** A frame of a capture: its name without ending, and its number from 1. */
export interface FrameName {
  readonly capture: string
  readonly number: number
}

export function survey(source: Source, wanted?: FrameName): Survey {
  return new Surveyor(source, wanted).survey()
}

class Surveyor {
  readonly #source: Source
  readonly #run: Run
  readonly #wantedFrame: FrameName | undefined
  readonly #nodes = new Map<string, NodeFacts>()
  readonly #calls = new Calls()
  readonly #drops = new Map<string, Drops>()
  readonly #rewrites = new Map<string, Rewrites>()
  readonly #flows: Event<'flow'>[] = []
  readonly #journeys = new Map<string, number>()
  readonly #carriers = new Map<string, string>()
  readonly #made = new Map<string, number>()
  readonly #frames = new Map<string, number>()
  #journeyCount = 0
  readonly #numbers = new Map<string, number>()
  #numberCount = 0
  #wanted: string | undefined

  constructor(source: Source, wanted: FrameName | undefined) {
    this.#source = source
    this.#wantedFrame = wanted
    const run = new Run(source.lab, { ...source.options, fingerprint: false })
    this.#run = run
    for (const { name } of source.lab.nodes) {
      this.#nodes.set(name, { sent: 0, forwarded: 0, delivered: 0, dropped: 0 })
    }
    run.listen(event => this.#event(event))
    for (const [index, link] of run.simulation.links.entries()) {
      const capture = captureName(link).replace(/\.pcapng$/, '')
      this.#frames.set(capture, 0)
      run.tap(index, frame => {
        const { packet, parent, bytes, t, from } = frame
        this.#belongs(packet, parent)
        this.#listed(packet, parent)
        this.#count(capture, framesOf(link, bytes), packet)
        if (link.type === 'serial') this.#calls.onTelephone(packet, parent)
        const ip = ipIn(link, bytes)
        if (ip) this.#calls.frame(t, frame, ip, ...endsOf(link, { from }))
      })
    }
    run.lookInside((_, { way, packet, parent }) => {
      this.#belongs(packet, parent)
      if (way !== 'through') this.#listed(packet, parent)
    })
  }

  survey(): Survey {
    this.#run.advance()
    return {
      source: this.#source,
      t: this.#run.now,
      nodes: this.#nodes,
      calls: this.#calls,
      drops: [...this.#drops.values()],
      rewrites: [...this.#rewrites.values()],
      flows: this.#flows,
      journeys: this.#journeys,
      numbers: this.#numbers,
      carriers: this.#carriers,
      made: this.#made,
      frames: this.#frames,
      wanted: this.#wanted,
      state: snapshot(this.#run.simulation),
    }
  }

  #count(capture: string, frames: number, packet: string): void {
    const before = this.#frames.get(capture) ?? 0
    this.#frames.set(capture, before + frames)
    const wanted = this.#wantedFrame
    if (wanted?.capture === capture && wanted.number > before && wanted.number <= before + frames) this.#wanted = packet
  }

  /** As the recorder of the terminal UI has it. */
  #listed(packet: string, parent: string | undefined): void {
    if (this.#numbers.has(packet)) return
    const known = parent === undefined ? undefined : this.#numbers.get(parent)
    this.#numbers.set(packet, known ?? ++this.#numberCount)
  }

  /** What is made of a known packet goes on with its journey. */
  #belongs(packet: string, parent: string | undefined): void {
    if (this.#journeys.has(packet)) return
    const maker = makerOf(packet)
    const number = Number(packet.slice(maker.length + 1))
    this.#made.set(maker, Math.max(number, this.#made.get(maker) ?? 0))
    const known = parent === undefined ? undefined : this.#journeys.get(parent)
    if (parent !== undefined && known === undefined) this.#carriers.set(parent, packet)
    this.#journeys.set(packet, known ?? ++this.#journeyCount)
  }

  #event(event: TraceEvent): void {
    this.#calls.event(event)
    const facts = this.#nodes.get(event.node)
    switch (event.event) {
      case 'send':
      case 'forward':
      case 'deliver':
        this.#belongs(event.packet, event.parent)
        this.#listed(event.packet, event.parent)
        if (facts) facts[COUNTED[event.event]]++
        break
      case 'drop':
        if (event.packet !== undefined) {
          this.#belongs(event.packet, event.parent)
          this.#listed(event.packet, event.parent)
        }
        if (facts) facts.dropped++
        this.#dropped(event)
        break
      case 'nat':
        this.#rewritten(event, event.proto, event.rule)
        break
      case 'nat-helper':
        this.#rewritten(event, event.type, event.entry)
        break
      case 'flow':
        this.#flows.push(event)
        break
      default:
    }
  }

  #dropped(event: Event<'drop'>): void {
    const { node, reason, layer, proto, rule, entry, link, t, packet } = event
    const key = [node, reason, layer, proto, rule, entry, link].join('|')
    const drops = this.#drops.get(key)
    if (!drops) {
      this.#drops.set(key, { node, reason, layer, proto, rule, entry, link, count: 1, t, packet, last: t })
      return
    }
    drops.count++
    drops.last = t
  }

  #rewritten(event: Event<'nat' | 'nat-helper'>, proto: string, by: string): void {
    const { node, field, packet } = event
    const [before, after] = [String(event.before), String(event.after)]
    const key = [node, proto, field, before, after, by].join('|')
    const known = this.#rewrites.get(key)
    if (known) known.count++
    else this.#rewrites.set(key, { node, proto, field, before, after, by, count: 1, packet })
  }
}

const COUNTED = { send: 'sent', forward: 'forwarded', deliver: 'delivered' } as const
