/** An event in few words, for who compares it with another one. */
import type { TraceEvent } from '../../src/index.ts'
import { messageName, shorten } from '../flight.ts'
import type { Model } from '../model.ts'
import { tale } from '../tale.ts'
import type { Role } from '../text.ts'

export interface Brief {
  readonly text: string
  readonly role: Role | undefined
}

export function brief(event: TraceEvent, { scene }: Model): Brief {
  const nameOf = (address: string): string =>
    scene.nodes.find(({ addresses }) => addresses.some(each => each.replace(/\/.*/, '') === address))?.name ?? address
  switch (event.event) {
    case 'nat-helper':
      return { text: `${messageName(event.type)} ${event.field} ${event.before} → ${event.after}`, role: 'control' }
    case 'pptp-message': {
      const way = event.way === 'sent' ? 'sent' : 'heard'
      return { text: `${messageName(event.type)} ${way} ${event.detail}`.trim(), role: 'control' }
    }
    case 'ppp-message': {
      const name = shorten(`${event.proto.toUpperCase()} ${title(event.type)} ${event.id}`)
      return { text: `${name} ${event.way === 'sent' ? 'sent' : 'heard'}`, role: 'ppp' }
    }
    case 'drop': {
      const ends = event.src === undefined ? '' : ` ${nameOf(event.src)} → ${nameOf(event.dst ?? '')}`
      return { text: `× ${event.proto ?? event.layer}${ends} ${event.reason}`, role: 'bad' }
    }
    case 'state':
      return { text: `${event.machine} ${event.from} → ${event.to}`, role: undefined }
    default: {
      const told = tale(event, nameOf)
      return { text: told?.text ?? event.event, role: told?.role }
    }
  }
}

const title = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())
