/** What answers calls in tests: an end of telephone lines with a PPP session for each, until there is a real NAS. */
import { ip } from '../../src/base/address.ts'
import type { Env } from '../../src/base/env.ts'
import { type Duration, ms } from '../../src/base/time.ts'
import type { LineEnd } from '../../src/link/serial.ts'
import { IpNode } from '../../src/node/ip-node.ts'
import { Modem } from '../../src/node/modem.ts'
import { PppLink } from '../../src/node/ppp-link.ts'
import { Telephone } from '../../src/node/telephone.ts'
import { PLAIN, type PppConfig } from '../../src/ppp/config.ts'

export interface Answering {
  /** How long it rings; undefined: nobody answers. */
  readonly after: Duration | undefined
  readonly users: ReadonlyMap<string, string>
  readonly ppp: Partial<PppConfig>
}

const USUAL: Answering = { after: ms(100), users: new Map([['bob', 'builder']]), ppp: {} }

interface Slot {
  readonly telephone: Telephone
  readonly modem: Modem
  readonly unit: number
  link: PppLink | undefined
}

/** Its own address is 10.8.0.1; the line number n, from 0, gets 10.8.0.(10 + n). */
export class AnsweringEnd extends IpNode {
  readonly kind = 'answering-end'
  readonly slots: Slot[] = []
  readonly #answering: Answering
  #sessions = 0

  constructor(env: Env, answering: Partial<Answering> = {}) {
    super(env, true, [], {})
    this.#answering = { ...USUAL, ...answering }
  }

  plugLine(port: string, line: LineEnd): void {
    const unit = this.slots.length
    const telephone: Telephone = new Telephone(
      this.env,
      `lines[${port}].call`,
      line,
      {
        ringing: () => {
          telephone.alert()
          const { after } = this.#answering
          if (after !== undefined) this.env.clock.after(after, 'answer', () => telephone.answer())
        },
        alerting: () => {},
        connected: () => this.#connected(slot),
        octets: packet => modem.receive(packet),
        released: () => this.#over(slot),
        free: () => {},
      },
      { yields: true },
    )
    const modem: Modem = new Modem(this.env, port, telephone, {
      frame: packet => (slot.link ? slot.link.session.receive(packet) : packet.release()),
    })
    const slot: Slot = { telephone, modem, unit, link: undefined }
    this.slots.push(slot)
  }

  #connected(slot: Slot): void {
    const { telephone, modem, unit } = slot
    modem.begin(telephone.call?.bearer ?? 'analogue')
    const carrier = {
      sessionStream: () => this.env.random.fork(`session ${++this.#sessions}`),
      send: (frame: Parameters<Modem['send']>[0]) => modem.send(frame),
      accmsAgreed: (accms: Parameters<Modem['setAccms']>[0]) => modem.setAccms(accms),
      carriesItself: () => false,
    }
    slot.link = new PppLink(this, carrier, this.#config(unit), {
      linkUp: () => {},
      linkDown: () => {},
      linkFinished: () => telephone.hangUp(),
    })
    slot.link.open()
  }

  #over(slot: Slot): void {
    slot.link?.session.lowerDown()
    slot.link = undefined
  }

  #config(unit: number): PppConfig {
    const { users, ppp } = this.#answering
    return {
      ...PLAIN,
      iface: `ppp${unit}`,
      machine: `calls[${unit}].ppp`,
      mtu: 1500,
      authenticatePeer: { methods: ['ms-chap-v2'], name: this.env.node, secretOf: user => users.get(user) },
      ip: { local: ip('10.8.0.1'), assignPeer: () => ip(`10.8.0.${10 + unit}`) },
      ...ppp,
    }
  }
}
