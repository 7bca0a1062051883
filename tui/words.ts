/** What the views of the net call things. */
import { type BOX_KINDS, type Mark, percent, type SceneLink, type SceneNode, type SceneTunnel } from '../src/index.ts'
import type { Role } from './text.ts'

export const JOBS: Readonly<Record<SceneNode['kind'], string>> = {
  client: 'client',
  'pptp-server': 'server',
  router: 'router',
  firewall: 'filter',
  'load-balancer': 'balancer',
  switch: 'switch',
  host: 'host',
  radius: 'RADIUS',
  pstn: 'exchange',
  nas: 'NAS',
  tun: 'outside',
  udp: 'outside',
}

/**
 * `idle`: not begun. `half`: its machines have it up, and will until an echo stays without an answer, but one end or both
 * hear nothing. `over`: it was, and was ended as wanted.
 */
export type Phase = 'idle' | 'opening' | 'up' | 'half' | 'failed' | 'over'

export function phaseOf({ up, layers, end, began, heard }: SceneTunnel): Phase {
  if (up) return heard?.deaf === undefined ? 'up' : 'half'
  if (layers.some(({ mark }) => mark === 'failed')) return 'failed'
  if (layers.some(({ mark }) => mark === 'opening' || mark === 'open')) return 'opening'
  return end !== undefined || began !== undefined ? 'over' : 'idle'
}

export const PHASE_SIGNS: Readonly<Record<Phase, readonly [string, Role]>> = {
  idle: ['·', 'muted'],
  opening: ['~', 'warn'],
  up: ['√', 'ok'],
  half: ['×', 'bad'],
  failed: ['×', 'bad'],
  over: ['·', 'muted'],
}
export const MARK_SIGNS: Readonly<Record<Mark, readonly [string, Role]>> = {
  idle: ['·', 'muted'],
  opening: ['~', 'warn'],
  open: ['√', 'ok'],
  failed: ['×', 'bad'],
  absent: ['-', 'muted'],
}

/** Is a node an end of this tunnel, or of the PPP in it? */
export const isOf = ({ client, entry, server }: SceneTunnel, node: string): boolean =>
  client === node || entry === node || server === node

/** What it is called where one stands for itself: `tunnel 1`; a call that ends at the access server is none. */
export const nameOf = ({ kind, no }: SceneTunnel): string => `${kind === 'local' ? 'dial-up' : 'tunnel'} ${no}`

/** How the tunnel itself is: of a compulsory one nothing is there while the telephone rings. */
export function tubePhase(tunnel: SceneTunnel): Phase {
  const phase = phaseOf(tunnel)
  const begun = tunnel.layers.some(({ name, mark }) => name === 'TCP' && mark !== 'idle')
  return phase === 'opening' && tunnel.kind === 'compulsory' && !begun ? 'idle' : phase
}

/** Of a tunnel that is up, as its machines have it: `half open` */
export const halfWord = ({ heard }: SceneTunnel): string => (heard?.deaf === 'both' ? 'silent' : 'half open')

/** `alice hears nothing since 11.040 s: home drops it (filter-drop)`; undefined: the ends hear each other, as far as is known. */
export function silenceOf({ entry, server, heard }: SceneTunnel): string | undefined {
  if (heard?.deaf === undefined) return undefined
  const { deaf, since, drop } = heard
  const who =
    deaf === 'both'
      ? 'neither end hears the other'
      : deaf === 'client'
        ? `${entry} hears nothing`
        : `${server} hears nothing of ${entry}`
  const from = since === undefined ? '' : ` since ${seconds(since)} s`
  return `${who}${from}${drop ? `: ${drop.node} drops it (${drop.reason})` : ''}`
}

/** The layer that it waits for, from below. */
export const nextLayer = ({ layers }: SceneTunnel): SceneTunnel['layers'][number] | undefined =>
  layers.find(({ mark }) => mark !== 'open' && mark !== 'absent')

/** How a node's tunnels are, the worst first; undefined for one that ends none. */
export function phaseAt(node: string, tunnels: readonly SceneTunnel[]): Phase | undefined {
  const phases = tunnels.filter(tunnel => isOf(tunnel, node)).map(phaseOf)
  return (['failed', 'half', 'opening', 'up', 'over', 'idle'] as const).find(phase => phases.includes(phase))
}

/** `5.012`: cut off, not rounded, so that no list shows a moment that the clock above it has not reached. */
export const seconds = (ns: number): string => (Math.floor(ns / 1e6) / 1e3).toFixed(3)

/** What the line does to packets beside being slow, the worse direction. */
export function faultOf({ quality }: SceneLink): string | undefined {
  const worst = (name: 'loss' | 'corruption' | 'duplication' | 'reordering'): number =>
    Math.max(quality[0][name], quality[1][name])
  const name = (['loss', 'corruption', 'duplication', 'reordering'] as const).find(fault => worst(fault) > 0)
  return name && `${percent(worst(name))} ${name}`
}

/** The first octets of the link's network, to which `.5` at its ends belongs: `10.20.0.`. */
export function networkOf({ ends }: SceneLink): string {
  const address = ends[0].address ?? ends[1].address
  return address === undefined ? '' : address.replace(/\d+\/\d+$/, '')
}

/** `LCP: The user has disconnected` of `lcp: The user has disconnected.`: which layer ended a tunnel, and why. */
export const endWords = (end: string): string =>
  end.replace(/^(tcp|pptp|lcp|ccp|ipcp):/, layer => layer.toUpperCase()).replace(/\.$/, '')

export const bare = (address: string): string => address.replace(/\/\d+$/, '')
/** The last octets of an address: `.100.10`. */
export const lastOctets = (address: string, count: number): string =>
  `.${bare(address).split('.').slice(-count).join('.')}`

/** What a kind of NAT box does, in a few words; BOX_KINDS has the sentences. */
export const BOX_WORDS: Readonly<Record<(typeof BOX_KINDS)[number]['name'], string>> = {
  'linux-pptp': 'Linux with its helper: call IDs are rewritten',
  linux: 'Linux without a helper: GRE back in finds nobody',
  keyless: 'GRE by addresses alone: one tunnel to a server',
  single: '"PPTP passthrough": one inside host has all GRE',
  libalias: 'FreeBSD natd: a helper that knows both sides',
  cisco: 'IOS: call IDs change where two are the same',
  cgn: 'a NAT of a carrier: no GRE at all',
}
