/** A session brought to where a rule applies, by a peer that plays fair. */
import assert from 'node:assert/strict'
import { ip } from '../../src/base/address.ts'
import { unhex } from '../../src/base/bytes.ts'
import type { PppConfig } from '../../src/ppp/config.ts'
import type * as Cp from '../../src/wire/cp.ts'
import { openLcp } from './odd-ppp.ts'
import { alone, CLIENT, SERVER } from './ppp.ts'

export type Alone = ReturnType<typeof alone>

/** `01 0578`: type and body of each, in hexadecimal. */
export const options = (...texts: string[]) =>
  texts.map(text => ({ type: Number.parseInt(text.slice(0, 2), 16), body: unhex(text.slice(2)) }))

export const request = (id: number, ...texts: string[]): Cp.Cp => ({
  type: 'configure-request',
  id,
  options: options(...texts),
})
export const nak = (id: number, ...texts: string[]): Cp.Cp => ({
  type: 'configure-nak',
  id,
  options: options(...texts),
})
export const reject = (id: number, ...texts: string[]): Cp.Cp => ({
  type: 'configure-reject',
  id,
  options: options(...texts),
})

/** LCP has asked; its request is heard. */
export function asking(config: Partial<PppConfig> = {}): Alone {
  const a = alone(config)
  a.us.session.open()
  return a
}

/** LCP is open; the peer has asked for these options: a magic number, if nothing is said. */
export function lcpOpened(config: Partial<PppConfig> = {}, asked = '050611223344'): Alone {
  const a = asking(config)
  openLcp(a, asked)
  assert.equal(a.us.session.lcp, 'opened')
  a.peer.frames()
  return a
}

/** IPCP is open, without authentication or encryption. */
export function networkOpened(config: Partial<PppConfig> = {}, asked?: string): Alone {
  const a = asking({ ip: { local: ip('192.168.80.10') }, ...config })
  openLcp(a, asked ?? '050611223344')
  a.peer.raw('80210201000a0306c0a8500a')
  a.peer.raw('80210101000a0306c0a85001')
  assert.equal(a.us.session.ipcp, 'opened')
  a.peer.frames()
  return a
}

export const ourself = CLIENT.ourself as NonNullable<PppConfig['ourself']>
export const authenticatePeer = SERVER.authenticatePeer as NonNullable<PppConfig['authenticatePeer']>
