/**
 * The whole program in a long run, with the clock of the wall and a terminal that reads along, in this process: a step back
 * right after playing at maximum speed, a `,` that is held, and what a frame of 0 Dash costs.
 */
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { frame } from '../tui/frame.ts'
import type { Model } from '../tui/model.ts'
import { FIRST_UI } from '../tui/press.ts'
import { Session } from '../tui/session.ts'
import { openTerminal, type Terminal } from '../tui/terminal.ts'
import { PARTS } from '../tui/views.ts'
import { type Cost, INSIDE, labOf, median, SCREEN, show, TUNNEL, times } from './tui-long.ts'

const EVENTS = 200_000
/** Keys a second of one that is held, and for how long: milliseconds. */
const RATE = 30
const HELD = 3000

interface Program {
  readonly terminal: Terminal
  press(keys: string): void
  /** When something was written: milliseconds. */
  readonly frames: number[]
}

function open(): Program {
  const input = new PassThrough()
  const output = new PassThrough()
  const frames: number[] = []
  Object.assign(input, { isTTY: true, isRaw: false, setRawMode: () => {} })
  Object.assign(output, { isTTY: true, columns: 120, rows: 40 })
  output.on('data', () => frames.push(performance.now()))
  const terminal = openTerminal({
    input,
    output,
    env: { TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    open: { lab: labOf(TUNNEL), replay: {}, explain: '' },
    disk: { readAgain: () => '', write: () => undefined },
    labs: [],
    parts: PARTS,
    ui: { speed: Number.POSITIVE_INFINITY },
    complain: text => console.error(text),
  })
  return { terminal, press: keys => input.write(keys), frames }
}

/** Milliseconds of CPU since then. */
const cpuSince = (used: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(used)
  return (user + system) / 1000
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(1)
}

function sessionOf({ terminal }: Program) {
  const { session } = terminal.app
  if (!session) throw new Error('no lab is open')
  return session
}

/** A program that has played up to so many events. */
async function played(): Promise<Program> {
  const program = open()
  program.press(' ')
  await until(() => sessionOf(program).recorder.eventCount >= EVENTS)
  return program
}

export async function backInProgram(): Promise<void> {
  const steps: Cost[] = []
  for (let i = 0; i < 3; i++) {
    const start = performance.now()
    const used = process.cpuUsage()
    const program = await played()
    const wall = performance.now() - start
    if (i === 0) console.log(`played to ${EVENTS} events in ${wall.toFixed(0)} ms, CPU ${cpuSince(used).toFixed(0)} ms`)
    steps.push(await stepBack(program))
    program.terminal.end(0)
  }
  console.log(`  a step back right after playing:      ${show(steps)}`)
  await held('right after playing', 0)
  await held('after a pause of 10 s', 10_000)
}

/** Frames as they come while a transfer plays: at 1x, and at maximum speed, where more has happened since the last one. */
export function dashFrames(): void {
  const wall = { now: () => performance.now(), schedule: () => () => {} }
  const session = new Session({ lab: labOf(TUNNEL), replay: {}, explain: '' }, wall)
  while (session.recorder.eventCount < EVENTS) session.run.step()
  const draw = (): void => {
    const scene = session.look()
    const { recorder, archive } = session
    const model: Model = { scene, recorder, archive, ui: { ...FIRST_UI, view: 'dash', running: true }, explain: '' }
    frame(model, PARTS.dash.render(model, INSIDE), SCREEN)
  }
  console.log(`a frame of 0 Dash, 120x40, while a transfer plays through a tunnel:`)
  console.log(`  the first one behind a way back:      ${show(times(1, draw))}`)
  for (const [speed, steps] of [
    ['1x ', 30],
    ['max', 1500],
  ] as const) {
    const costs: Cost[] = []
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < steps; j++) session.run.step()
      costs.push(...times(1, draw))
    }
    console.log(`  ${speed}:                                  ${show(costs)}`)
  }
}

/** From the key that pauses, and the one behind it, to the frame that shows the moment. */
async function stepBack(program: Program): Promise<Cost> {
  const start = performance.now()
  const used = process.cpuUsage()
  program.press(' ,')
  const session = sessionOf(program)
  await sleep(0)
  await until(() => session.travel === undefined)
  return { wall: performance.now() - start, cpu: cpuSince(used) }
}

async function held(when: string, pause: number): Promise<void> {
  const program = await played()
  const session = sessionOf(program)
  program.press(' ')
  await sleep(pause + 100)
  const { steps } = session.run
  const start = performance.now()
  const used = process.cpuUsage()
  const first = program.frames.length
  const all = (HELD / 1000) * RATE
  for (let pressed = 0; pressed < all; ) {
    // What a terminal has kept while nobody read comes at once.
    const due = Math.min(all, 1 + Math.floor(((performance.now() - start) / 1000) * RATE))
    program.press(','.repeat(due - pressed))
    pressed = due
    await sleep(1000 / RATE)
  }
  await until(() => session.travel === undefined)
  await sleep(0)
  const wall = performance.now() - start
  const frames = [start, ...program.frames.slice(first), performance.now()]
  const gaps = frames.slice(1).map((t, i): Cost => ({ wall: t - frames[i], cpu: 0 }))
  const longest = Math.max(...gaps.map(gap => gap.wall))
  console.log(
    `  , held for ${HELD / 1000} s, ${when}: ${steps - session.run.steps} steps in ${wall.toFixed(0)} ms, CPU ${cpuSince(used).toFixed(0)} ms; ` +
      `${frames.length - 2} frames, median gap ${median(gaps, 'wall').toFixed(0)} ms, longest ${longest.toFixed(0)} ms`,
  )
  program.terminal.end(0)
}
