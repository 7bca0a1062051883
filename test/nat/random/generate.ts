/**
 * Random scripts from a seed: calls that are mostly brought up as they should be, with everything around them that people
 * and networks do wrong. The same seed gives the same script.
 *
 * A script whose outcome hangs on tens of milliseconds, or on the limit of ICMP errors, tells nothing of the boxes: such a
 * one is thrown away, and the seed's next one is taken.
 */
import type { Random } from '../../../src/base/random.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { IP } from '../rig.ts'
import { PACE, play } from './player.ts'
import type { BoxName, BoxSpec, GreKind, HostName, Message, Policy, Script, Side, Step } from './script.ts'
import { SimulatedWorld } from './simulated.ts'

const POLICIES: readonly Policy[] = ['stateful', 'no-related', 'no-invalid', 'no-gre', 'reject-gre']
const LAYOUTS = [
  'client',
  'client',
  'client',
  'server',
  'server',
  'both',
  'both',
  'carrier',
  'routed',
  'hairpin',
] as const
type Layout = (typeof LAYOUTS)[number]
/** Their sum is at most this, so that 200 scripts take minutes. */
const MOST_WAITING = 7000

export async function scriptOf(seed: number): Promise<{ readonly script: Script; readonly attempt: number }> {
  for (let attempt = 0; ; attempt++) {
    const script = attemptOf(seed, attempt)
    if (await isSteady(script)) return { script, attempt }
  }
}

/** One of the scripts of a seed, be it steady or not. */
export const attemptOf = (seed: number, attempt: number): Script => new Writer(seed, attempt).write()

/** Has it the same outcome when everything takes a little longer, or less? */
async function isSteady(script: Script): Promise<boolean> {
  const worlds = [new SimulatedWorld(), new SimulatedWorld(), new SimulatedWorld()]
  const outcomes: string[] = []
  for (const [i, pace] of [PACE, PACE * 0.7, PACE * 1.8].entries())
    outcomes.push(JSON.stringify((await play(worlds[i], script, pace)).lines))
  return outcomes.every(outcome => outcome === outcomes[0]) && !worlds.some(({ limited }) => limited)
}

/** How far a call has come, if all went well. */
type Stage = 'closed' | 'open' | 'started' | 'confirmed' | 'asked' | 'offered' | 'taken' | 'up'
interface Talk {
  readonly conn: string
  readonly from: HostName
  readonly to: string
  readonly server: HostName
  port: number
  stage: Stage
  own: number
  far: number
}

class Writer {
  readonly #seed: number
  readonly #random: Random
  readonly #steps: Step[] = []
  readonly #talks: Talk[] = []
  readonly #layout: Layout
  #waited = 0

  constructor(seed: number, attempt: number) {
    this.#seed = seed
    this.#random = seededRandom(seed).fork(`nat-script/${attempt}`)
    this.#layout = this.#pick(LAYOUTS)
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#random.below(all.length)]
  }
  #percent(chance: number): boolean {
    return this.#random.below(100) < chance
  }

  write(): Script {
    const boxes = this.#boxes()
    const routed = ['server', 'routed'].includes(this.#layout)
    const mtu = this.#percent(15) ? { mtu: 1300 } : {}
    const loose = this.#percent(80)
    const count = 12 + this.#random.below(18)
    this.#talk()
    if (this.#percent(60)) this.#talk()
    while (this.#steps.length < count) this.#step(Object.keys(boxes) as BoxName[])
    return { name: `seed ${this.#seed}`, boxes, routed, ...mtu, loose, steps: this.#steps }
  }

  #boxes(): Partial<Record<BoxName, BoxSpec>> {
    const helper = (): boolean => this.#percent(75)
    const closed = (): boolean => this.#percent(50)
    const policy = (): Policy => (this.#percent(55) ? 'open' : this.#pick(POLICIES))
    const nat = (): BoxSpec => ({ masquerades: true, helper: helper(), closed: closed(), policy: policy() })
    const sn = (): BoxSpec => ({
      masquerades: true,
      forwards: this.#percent(30) ? 'tcp and gre' : 'tcp',
      helper: helper(),
      closed: closed(),
    })
    switch (this.#layout) {
      case 'client':
        return { nat: nat() }
      case 'server':
        return { sn: { ...sn(), policy: this.#percent(80) ? 'open' : this.#pick(POLICIES) } }
      case 'both':
        return { nat: nat(), sn: sn() }
      case 'carrier':
        return { nat: nat(), r: { masquerades: true, helper: helper(), closed: closed() } }
      case 'routed':
        return { nat: { helper: helper(), closed: closed(), policy: this.#pick(POLICIES) } }
      case 'hairpin':
        return { nat: { ...nat(), forwards: 'tcp' } }
    }
  }

  /** Another client, or one that dials again. */
  #talk(): Talk {
    const from = this.#pick(['c1', 'c2'] as const)
    const [to, server] = this.#target()
    // Now and then two have the same port: one of them gets another.
    const port = this.#percent(15) ? 40_001 : 40_001 + this.#talks.length
    const used = this.#talks.some(talk => talk.from === from && talk.to === to && talk.port === port)
    const talk: Talk = {
      conn: `k${this.#talks.length + 1}`,
      from,
      to,
      server,
      port: used ? 40_101 + this.#talks.length : port,
      stage: 'closed',
      own: this.#percent(60) ? 1111 : 1112 + this.#random.below(3),
      far: this.#percent(25) ? 2222 : 2223 + this.#talks.length,
    }
    this.#talks.push(talk)
    return talk
  }
  #target(): readonly [string, HostName] {
    if (this.#layout === 'server' || this.#layout === 'both') return [IP.sn, 's3']
    if (this.#layout === 'hairpin') return [IP.nat, 'c3']
    return this.#percent(75) ? [IP.s1, 's1'] : [IP.s2, 's2']
  }

  #step(boxes: readonly BoxName[]): void {
    const talk = this.#pick(this.#talks)
    const dice = this.#random.below(100)
    const isUp = talk.stage === 'up'
    if (!isUp && dice < 62) this.#goOn(talk)
    else if (dice < 78) this.#gre(talk)
    else if (isUp && dice < 40) this.#inCall(talk)
    else if (dice < 84) this.#odd(talk)
    else if (dice < 90) this.#wait()
    else if (dice < 93) this.#error(talk)
    else if (dice < 96) this.#inBox(this.#pick(boxes))
    else if (this.#talks.length < 4) this.#goOn(this.#talk())
    else this.#stray()
  }

  #say(talk: Talk, side: Side, ...messages: Message[]): void {
    const { conn } = talk
    const cuts = this.#percent(6) ? { cuts: [4 + this.#random.below(150)] } : {}
    const echo: Message = { type: this.#percent(50) ? 'EchoRQ' : 'EchoRP' }
    const all = this.#percent(6) ? (this.#percent(50) ? [echo, ...messages] : [...messages, echo]) : messages
    this.#steps.push({ do: 'say', conn, side, messages: all, ...cuts, ...(this.#percent(40) ? { ack: true } : {}) })
    if (this.#percent(4)) this.#steps.push({ do: 'repeat', conn, side })
  }

  /** The next thing that a good client or server would do. */
  #goOn(talk: Talk): void {
    const { conn, from, to, port } = talk
    switch (talk.stage) {
      case 'closed': {
        const packets = this.#percent(92) ? 3 : this.#percent(50) ? 2 : 1
        this.#steps.push({ do: 'open', conn, from, to, port, packets })
        talk.stage = 'open'
        return
      }
      case 'open':
        if (this.#percent(4)) this.#say(talk, 'client', { type: 'SCCRQ' }, { type: 'OCRQ', id: talk.own })
        else this.#say(talk, 'client', { type: 'SCCRQ' })
        talk.stage = 'started'
        return
      case 'started':
        this.#say(talk, 'server', this.#percent(95) ? { type: 'SCCRP' } : { type: 'SCCRP', result: 2 })
        talk.stage = 'confirmed'
        return
      case 'confirmed':
        this.#ask(talk)
        return
      case 'asked': {
        const result = this.#percent(92) ? {} : { result: 4 }
        const peer = this.#percent(95) ? {} : { peer: talk.own }
        this.#say(talk, 'server', { type: 'OCRP', id: talk.far, ...peer, ...result })
        talk.stage = 'up'
        return
      }
      case 'offered':
        this.#say(talk, 'client', { type: 'ICRP', id: talk.own, ...(this.#percent(92) ? {} : { result: 2 }) })
        talk.stage = 'taken'
        return
      case 'taken':
        this.#say(talk, 'server', { type: 'ICCN' })
        talk.stage = 'up'
        return
      case 'up':
        this.#gre(talk)
    }
  }

  #ask(talk: Talk): void {
    const dice = this.#random.below(100)
    if (dice < 80) {
      this.#say(talk, 'client', { type: 'OCRQ', id: talk.own })
      talk.stage = 'asked'
    } else if (dice < 93) {
      this.#say(talk, 'server', { type: 'ICRQ', id: talk.far })
      talk.stage = 'offered'
    } else {
      // A NAS that opened the connection brings a call in.
      this.#say(talk, 'client', { type: 'ICRQ', id: talk.own })
      this.#say(talk, 'server', { type: 'ICRP', id: talk.far })
      this.#say(talk, 'client', { type: 'ICCN' })
      talk.stage = 'up'
    }
  }

  #gre({ conn, stage, own, far }: Talk): void {
    const side: Side = this.#percent(50) ? 'client' : 'server'
    const kinds: readonly GreKind[] = [
      'with-ack',
      'ack-only',
      'large',
      'large-df',
      'version-0',
      'not-ppp',
      'header-only',
    ]
    // Large ones only go towards the small MTU.
    const odd = this.#pick(side === 'client' ? kinds : kinds.filter(kind => !kind.startsWith('large')))
    const kind = this.#percent(78) ? 'data' : odd
    const id = this.#percent(stage === 'up' ? 7 : 20) ? { id: this.#pick([own, far, 999, 0]) } : {}
    this.#steps.push({ do: 'gre', conn, side, ...id, kind })
  }

  /** What happens in a call that is up. */
  #inCall(talk: Talk): void {
    const dice = this.#random.below(100)
    if (dice < 15) this.#say(talk, this.#percent(50) ? 'client' : 'server', { type: 'EchoRQ' })
    else if (dice < 30) this.#say(talk, this.#percent(40) ? 'client' : 'server', { type: 'SLI' })
    else if (dice < 38) this.#say(talk, 'server', { type: 'WEN' })
    else if (dice < 52) this.#say(talk, 'client', { type: 'CCRQ', id: talk.own })
    else if (dice < 66) this.#say(talk, 'server', { type: 'CDN', id: talk.far })
    else if (dice < 70) this.#say(talk, 'client', { type: 'CDN', id: talk.own })
    else if (dice < 84) {
      // A second call in the connection, or the same anew.
      talk.own = this.#percent(50) ? talk.own : talk.own + 10
      talk.far = this.#percent(50) ? talk.far : talk.far + 10
      this.#ask(talk)
    } else if (dice < 92) {
      this.#say(talk, this.#percent(70) ? 'client' : 'server', { type: 'StopCCRQ' })
      if (this.#percent(70)) this.#say(talk, 'server', { type: 'StopCCRP' })
    } else this.#end(talk)
  }

  #end({ conn }: Talk): void {
    const side: Side = this.#percent(50) ? 'client' : 'server'
    if (this.#percent(35)) this.#steps.push({ do: 'rst', conn, side })
    else {
      this.#steps.push({ do: 'fin', conn, side })
      if (this.#percent(70)) this.#steps.push({ do: 'fin', conn, side: side === 'client' ? 'server' : 'client' })
      if (this.#percent(50)) this.#steps.push({ do: 'ack', conn, side })
    }
    if (this.#percent(40)) this.#wait()
  }

  /** What nobody should send now. */
  #odd(talk: Talk): void {
    const types = ['SCCRQ', 'SCCRP', 'OCRQ', 'OCRP', 'ICRQ', 'ICRP', 'ICCN', 'CCRQ', 'CDN', 'SLI', 'WEN'] as const
    const side: Side = this.#percent(50) ? 'client' : 'server'
    const { conn, own, far } = talk
    const dice = this.#random.below(100)
    if (dice < 40) this.#say(talk, side, { type: this.#pick(types), id: side === 'client' ? own : far })
    else if (dice < 55) this.#steps.push({ do: 'ack', conn, side })
    else if (dice < 70) this.#steps.push({ do: 'repeat', conn, side })
    else if (dice < 80) this.#end(talk)
    else this.#stray()
  }

  #stray(): void {
    const inside = ['client', 'carrier', 'hairpin'].includes(this.#layout)
    const to = inside ? IP.nat : this.#layout === 'routed' ? IP.c1 : IP.sn
    const from = this.#layout === 'server' || this.#layout === 'both' ? this.#pick(['s1', 'c1'] as const) : 's2'
    this.#steps.push({ do: 'stray', from, to, id: this.#pick([1111, 40_001, 2222, 999]) })
  }

  #wait(): void {
    const wait = this.#pick([150, 150, 500, 1300, 1300, 2500, 3400])
    if (this.#waited + wait > MOST_WAITING) return
    this.#waited += wait
    this.#steps.push({ do: 'wait', ms: wait })
  }

  #error({ from, server }: Talk): void {
    const [type, code] = this.#pick([
      [3, 2],
      [3, 3],
      [3, 4],
      [3, 13],
      [11, 0],
    ] as const)
    const about = this.#percent(75) ? 'gre' : 'tcp'
    this.#steps.push({ do: 'error', from: this.#percent(50) ? from : server, about, type, code })
  }

  #inBox(box: BoxName): void {
    const dice = this.#random.below(100)
    if (dice < 45) this.#steps.push({ do: 'flush', box })
    else if (dice < 60) this.#steps.push({ do: 'forget-tcp', box })
    else this.#steps.push({ do: 'rules', box, policy: this.#percent(40) ? 'open' : this.#pick(POLICIES) })
  }
}
