/** A small telephone network for tests: computers that dial, a network, and who answers. */
import type { Env } from '../../src/base/env.ts'
import { ms, sec } from '../../src/base/time.ts'
import { type LineQuality, PERFECT } from '../../src/link/link.ts'
import { SerialLink } from '../../src/link/serial.ts'
import type { DialConfig } from '../../src/node/dial-up.ts'
import { Dialler } from '../../src/node/dialler.ts'
import type { SimNode } from '../../src/node/node.ts'
import { Pstn, type PstnConfig } from '../../src/node/pstn.ts'
import { type Answering, AnsweringEnd } from './answering-end.ts'
import { Net } from './net.ts'

export const DIAL: DialConfig = {
  number: '5550100',
  bearer: 'analogue',
  user: 'bob',
  password: 'builder',
  auth: ['ms-chap-v2'],
  mppe: 'off',
  routes: [],
  dns: false,
  patience: sec(60),
}

export interface LineOptions extends Partial<LineQuality> {
  readonly lines?: number
}

export class DialNet extends Net {
  env(name: string): Env {
    return this.world.env(name)
  }
  dialler(name: string, config: Partial<DialConfig> = {}): Dialler {
    return new Dialler(this.env(name), [], { ...DIAL, ...config })
  }
  pstn(numbers: Readonly<Record<string, string>>, config: Partial<PstnConfig> = {}): Pstn {
    return new Pstn(this.env('pstn'), { numbers: new Map(Object.entries(numbers)), noAnswer: sec(30), ...config })
  }
  answering(name: string, config: Partial<Answering> = {}): AnsweringEnd {
    return new AnsweringEnd(this.env(name), config)
  }

  /** 56 kbit/s and 10 ms unless it says otherwise. */
  line(a: readonly [SimNode, string], b: readonly [SimNode, string], options: LineOptions = {}): SerialLink {
    const { lines = 1, ...quality } = options
    const names = [`${a[0].env.node}:${a[1]}`, `${b[0].env.node}:${b[1]}`] as const
    const both = { ...PERFECT, rate: 56_000, delay: ms(10), ...quality }
    const random = this.world.random.fork(`link ${names.join(' ')}`)
    const link = new SerialLink(names, [a[0].env, b[0].env], random, lines, [both, both])
    for (const [side, [node, port]] of [a, b].entries()) {
      for (const [i, end] of link.lines[side].entries()) node.plugLine?.(lines === 1 ? port : `${port}.${i + 1}`, end)
    }
    return link
  }
}
