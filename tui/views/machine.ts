/**
 * One state machine drawn along its usual way: `√` visited, `[now]`; only arrows that can be taken from here carry
 * words, exits hang below.
 */
import type { SceneLayer } from '../../src/index.ts'
import { Canvas } from '../canvas.ts'
import type { Line, Role } from '../text.ts'

/** `wait-ctl-reply` as people write it: `Wait-Ctl-Reply`. */
export const stateName = (state: string): string =>
  state === 'none' ? 'none' : state.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())

interface Step {
  readonly state: string
  /** What leads on to the next one. */
  readonly word: string
}
interface Chain {
  readonly way: readonly Step[]
  /** States off the way, in the order in which they are come through. */
  readonly exits: readonly string[]
}

/** RFC 2637 §3.1.1, §3.2.1; RFC 9293 §3.3.2. */
const CHAINS: Readonly<Partial<Record<SceneLayer['name'], Chain>>> = {
  line: {
    way: [
      { state: 'idle', word: 'dials' },
      { state: 'dialling', word: 'rings' },
      { state: 'alerting', word: 'answer' },
      { state: 'connected', word: '' },
    ],
    exits: ['ringing', 'releasing'],
  },
  TCP: {
    way: [
      { state: 'closed', word: 'SYN out' },
      { state: 'syn-sent', word: 'SYN,ACK in' },
      { state: 'established', word: '' },
    ],
    exits: ['fin-wait-1', 'fin-wait-2', 'close-wait', 'closing', 'last-ack', 'time-wait'],
  },
  ctl: {
    way: [
      { state: 'idle', word: 'TCP open' },
      { state: 'wait-ctl-reply', word: 'SCCRP in' },
      { state: 'established', word: '' },
    ],
    exits: ['wait-stop-reply'],
  },
  call: {
    way: [
      { state: 'idle', word: 'OCRQ out' },
      { state: 'wait-reply', word: 'OCRP in' },
      { state: 'established', word: '' },
    ],
    exits: ['wait-disconnect'],
  },
  auth: {
    way: [
      { state: 'idle', word: 'LCP opens' },
      { state: 'authenticating', word: 'Success in' },
      { state: 'authenticated', word: '' },
    ],
    exits: ['failed'],
  },
}

/** Rows that the drawing of a layer needs. */
export const drawingRows = ({ name }: SceneLayer): number => (CHAINS[name] ? 4 : 7)

export function drawMachine(layer: SceneLayer, width: number): Line[] {
  const chain = CHAINS[layer.name]
  return chain ? drawChain(layer, chain, width) : drawAutomaton(layer, width)
}

/** As wide in every state: `√ Opened`, `[Opened]`, ` Opened `. */
function slot({ state, entered }: SceneLayer, name: string): { text: string; role: Role | undefined; bold: boolean } {
  const text = stateName(name)
  if (state === name) return { text: `[${text}]`, role: nowRole(name), bold: true }
  const visited = entered.some(({ state }) => state === name)
  return visited
    ? { text: `√ ${text}`, role: undefined, bold: false }
    : { text: ` ${text} `, role: 'muted', bold: false }
}

const nowRole = (state: string): Role =>
  state === 'opened' || state === 'established' || state === 'connected' || state === 'authenticated'
    ? 'ok'
    : state === 'failed' || state === 'stopped'
      ? 'bad'
      : 'warn'

function put(canvas: Canvas, x: number, y: number, layer: SceneLayer, name: string): number {
  const { text, role, bold } = slot(layer, name)
  canvas.text(x, y, text, role, bold ? { bold } : {})
  return x + text.length
}

/** An arrow of so many cells, with its word if it can be taken now. */
function arrow(canvas: Canvas, x: number, y: number, cells: number, word: string): number {
  const pad = Math.max(0, cells - 1 - word.length)
  const before = Math.floor(pad / 2)
  canvas.text(x, y, `${'─'.repeat(before)}${word}${'─'.repeat(pad - before)}►`, word === '' ? 'muted' : undefined)
  return x + cells
}

function drawChain(layer: SceneLayer, { way, exits }: Chain, width: number): Line[] {
  const canvas = new Canvas(width, 4)
  let x = 2
  way.forEach(({ state, word }, i) => {
    x = put(canvas, x, 0, layer, state) + 1
    if (i < way.length - 1) x = arrow(canvas, x, 0, Math.max(8, word.length + 5), layer.state === state ? word : '') + 1
  })
  const taken = exits.filter(name => layer.state === name || layer.entered.some(({ state }) => state === name))
  if (taken.length > 0) {
    const corner = way.length > 0 ? stateName(way[0].state).length + 12 : 2
    canvas.text(corner, 1, '│', 'muted')
    canvas.text(corner, 2, '└─', 'muted')
    let at = corner + 2
    for (const name of taken) at = put(canvas, arrow(canvas, at, 2, 3, '') + 1, 2, layer, name) + 1
  }
  return canvas.lines()
}

const REQUESTING = new Set(['req-sent', 'ack-rcvd', 'ack-sent'])

/** The option negotiation automaton of RFC 1661 §4.1. */
function drawAutomaton(layer: SceneLayer, width: number): Line[] {
  const canvas = new Canvas(width, 7)
  const { state } = layer
  const from = (name: string, word: string): string => (state === name ? word : '')
  const line = (x: number, y: number, text: string): void => canvas.text(x, y, text, 'muted')
  // The usual way: Initial, Starting, Req-Sent, then by both Acks to Opened.
  put(canvas, 2, 0, layer, 'initial')
  arrow(canvas, 12, 0, 9, from('initial', 'open'))
  put(canvas, 22, 0, layer, 'starting')
  arrow(canvas, 33, 0, 7, from('starting', 'up'))
  put(canvas, 41, 0, layer, 'req-sent')
  arrow(canvas, 52, 0, 11, from('req-sent', 'Ack in'))
  put(canvas, 64, 0, layer, 'ack-rcvd')
  line(75, 0, '─┐')
  if (state === 'ack-rcvd') canvas.text(69, 1, 'Req in')
  line(76, 1, '│')
  put(canvas, 64, 2, layer, 'opened')
  line(73, 2, '◄──┤')
  if (state === 'ack-sent') canvas.text(69, 3, 'Ack in')
  line(76, 3, '│')
  for (let y = 1; y <= 5; y++) line(43, y, '│')
  for (let y = 1; y <= 3; y++) line(48, y, '│')
  line(48, 4, '└')
  arrow(canvas, 49, 4, 14, from('req-sent', 'Req in'))
  put(canvas, 64, 4, layer, 'ack-sent')
  line(75, 4, '─┘')
  // Exits: no answer, and the end that somebody wants.
  if (REQUESTING.has(state)) canvas.text(22, 5, '10 tries, no answer', 'muted')
  put(canvas, 22, 6, layer, 'stopped')
  line(32, 6, '◄──────────┘')
  drawEnd(canvas, layer)
  return canvas.lines()
}

/** From Opened: closed by this side, or stopped because the peer asks. */
function drawEnd(canvas: Canvas, layer: SceneLayer): void {
  const seen = (name: string): boolean => layer.entered.some(({ state }) => state === name)
  const peer = seen('stopping') && !seen('closing')
  const words = layer.state === 'opened' ? (peer ? 'Term in' : 'close') : ''
  canvas.text(46, 6, words, words === '' ? 'muted' : undefined)
  arrow(canvas, 46 + words.length, 6, 8 - words.length, '')
  const end = put(canvas, 55, 6, layer, peer ? 'stopping' : 'closing')
  if (peer) return
  arrow(canvas, end + 1, 6, 2, '')
  put(canvas, end + 4, 6, layer, 'closed')
}

/** One line: `√ Idle → √ Wait-Reply → [Established]`, the states it came through last. */
export function machineWords({ entered, state }: SceneLayer, room: number): string {
  if (entered.length === 0) return `· ${stateName(state)}`
  const names = entered.map(({ state }, i) =>
    i === entered.length - 1 ? `[${stateName(state)}]` : `√ ${stateName(state)}`,
  )
  let words = names.join(' → ')
  for (let first = 1; words.length > room && first < names.length; first++)
    words = `… ${names.slice(first).join(' → ')}`
  return words
}
