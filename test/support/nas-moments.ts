/**
 * Calls through an access server of each kind, and what may go wrong: struck just before any of the events of the set-up,
 * and then everything has to come back, down to the last timer and packet.
 */
import { ms, sec } from '../../src/base/time.ts'
import { Nas } from '../../src/node/nas.ts'
import { PptpServer } from '../../src/node/pptp-server.ts'
import type * as Pptp from '../../src/wire/pptp.ts'
import { BLUE, ENDS, icrp, type NasLab, type NasPlan, NOTHING, nasLab, RED, ScriptedPns } from './nas-lab.ts'
import { watchPackets } from './watched-packets.ts'

interface Plan extends NasPlan {
  /** Who begins. */
  readonly by?: 'bob' | 'red'
}

const ANSWERS = { bob: { answer: '300ms' } }
export const PLANS: Readonly<Record<string, Plan>> = {
  'by the number': {},
  'by the name': { nas: { tunnels: [{ user: 'bob', to: [RED, BLUE] }], ppp: ENDS } },
  'at the access server': { nas: { tunnels: {}, ppp: ENDS } },
  'for a PNS that asks for it': { callers: ANSWERS, by: 'red' },
  'without a telephone network, by the number': { direct: true },
  'without a telephone network, at the access server': { direct: true, nas: { tunnels: {}, ppp: ENDS } },
  'without a telephone network, for a PNS that asks for it': { direct: true, callers: ANSWERS, by: 'red' },
}

const server = (t: NasLab, name: string): PptpServer => {
  const node = t.simulation.nodes.get(name)
  if (!(node instanceof PptpServer)) throw new Error(`${name} is no server`)
  return node
}
const road = (t: NasLab) => t.simulation.links.find(({ name }) => name.includes('isp:eth1'))
const stopService = (t: NasLab): void => {
  const nas = t.simulation.nodes.get('nas')
  if (nas instanceof Nas) nas.shutDown()
}

/** Without power for some seconds. */
function startAgain(t: NasLab, name: string): void {
  t.crash(name)
  t.simulation.world.scheduler.after(sec(3), 'test', () => t.restart(name))
}

export const TROUBLES: Readonly<Record<string, (t: NasLab) => void>> = {
  'the caller hangs up': t => t.hangUp('bob'),
  'the caller’s cable is pulled': t => t.cable('bob').setUp(false),
  'the cable of the access server is pulled': t => t.cable('nas').setUp(false),
  'the PNS hangs up': t => server(t, 'red').hangUp(),
  'the PNS stops its service': t => server(t, 'red').shutDown(),
  'the PNS loses its power': t => t.crash('red'),
  'the caller loses his power': t => t.crash('bob'),
  'the access server loses its power': t => t.crash('nas'),
  'the PNS starts again': t => startAgain(t, 'red'),
  'the caller’s machine starts again': t => startAgain(t, 'bob'),
  'the access server starts again': t => startAgain(t, 'nas'),
  'the telephone network starts again': t => startAgain(t, 'pstn'),
  'the access server stops its service': stopService,
  'the way to the PNS is cut': t => road(t)?.setUp(false),
}

/** Until PPP is up, whoever begins. */
const SET_UP = ms(2500)

/** Struck before event number `event` of the set-up. What is wrong afterwards; undefined: the set-up has no such event. */
export function strike(plan: Plan, trouble: (t: NasLab) => void, event: number): string[] | undefined {
  const packets = watchPackets()
  try {
    const t = nasLab(plan)
    if (plan.by === 'red') t.call('red', '5550110')
    else t.dial('bob')
    if (!stepTo(t, event)) return undefined
    trouble(t)
    return leftBy(t, () => packets.owned().length)
  } finally {
    packets.stop()
  }
}

function stepTo(t: NasLab, event: number): boolean {
  const { scheduler } = t.simulation.world
  for (let n = 0; n < event; n++) if (!scheduler.step()) return false
  return scheduler.now <= SET_UP
}

/** The caller hangs up too, if he still can; the longest wait is that of the control connection. */
function leftBy(t: NasLab, owned: () => number): string[] {
  const { boots, world } = t.simulation
  const isOn = (name: string): boolean => boots.get(name)?.power.on !== false
  const isServer = (name: string): boolean => t.simulation.nodes.get(name) instanceof PptpServer
  const at = t.run.now
  t.run.advanceTo(at + sec(20))
  if (isOn('bob')) t.hangUp('bob')
  t.run.advanceTo(at + sec(220))
  const wrong: string[] = []
  const expect = (what: string, is: unknown, should: unknown): void => {
    if (JSON.stringify(is) !== JSON.stringify(should)) wrong.push(`${what}: ${JSON.stringify(is)}`)
  }
  // One without power remembers nothing, and its snapshot is that of the moment in which it lost it.
  if (isOn('nas')) expect('in use', t.inUse(), NOTHING)
  expect('circuits', t.inUse().circuits, 0)
  if (isOn('red') && isServer('red')) expect('red', [t.value('red', 'pool.used'), t.value('red', 'pptp.calls')], [0, 0])
  if (isOn('bob')) expect('bob', [t.value('bob', 'line.call'), t.value('bob', 'ppp.phase')], ['idle', 'dead'])
  // Control connections stay for the next call; without them nobody has anything to wait for.
  if (isOn('nas')) stopService(t)
  for (const name of ['red', 'blue']) if (isOn(name) && isServer(name)) server(t, name).shutDown()
  t.run.advanceTo(t.run.now + sec(1000))
  expect('next event', world.scheduler.next === undefined, true)
  // A machine that lost its power has lost its packets.
  if ([...boots.values()].every(({ power, number }) => power.on && number === 1))
    expect('packets that somebody has', owned(), 0)
  return wrong
}

const FRAME = Uint8Array.of(0xff, 3, 0xc0, 0x21, 5, 1, 0, 4)
type Act = (request: Pptp.Message<'incoming-call-request'>, pns: ScriptedPns) => void

/** What a PNS may do about Incoming-Call-Request. */
export const ODD: Readonly<Record<string, Act>> = {
  'says nothing': () => {},
  refuses: ({ callId }, pns) => pns.say(icrp(callId, 3)),
  'refuses twice': ({ callId }, pns) => {
    pns.say(icrp(callId, 3))
    pns.say(icrp(callId, 3))
  },
  'answers the wrong call': ({ callId }, pns) => pns.say(icrp(callId + 1)),
  'answers twice': ({ callId }, pns) => {
    pns.say(icrp(callId))
    pns.say(icrp(callId, 1, 78))
  },
  'takes the call and clears it at once': ({ callId }, pns) => {
    pns.say(icrp(callId))
    pns.say({ type: 'call-clear-request', callId: 77 })
  },
  'clears a call that it never took': (_, pns) => pns.say({ type: 'call-clear-request', callId: 77 }),
  'sends data before the call is connected': ({ callId }, pns) => {
    for (let n = 0; n < 5; n++) pns.data(callId, n, FRAME)
    pns.say(icrp(callId))
  },
  'sends data and never answers': ({ callId }, pns) => pns.data(callId, 0, FRAME),
  'sends more data than any line takes': ({ callId }, pns) => {
    pns.say(icrp(callId))
    for (let n = 0; n < 200; n++) pns.data(callId, n, new Uint8Array(1400))
  },
  'sends Set-Link-Info for no call': (_, pns) =>
    pns.say({ type: 'set-link-info', peerCallId: 999, sendAccm: 0, receiveAccm: 0 }),
  'sends the messages of a PAC': ({ callId }, pns) => {
    const codes = { resultCode: 1, errorCode: 0, causeCode: 0 }
    pns.say({ type: 'call-disconnect-notify', callId, ...codes, callStatistics: '' })
  },
  'resets the control connection': (_, pns) => pns.abort(),
}

/** The caller hangs up before event number `event`, or after it has gone on for long (`event` is Infinity). */
export function hangUpOnOdd(act: Act, event: number): string[] | undefined {
  const packets = watchPackets()
  try {
    const t = nasLab({ red: 'host' })
    new ScriptedPns(t.ipNode('red'), (message, pns) => {
      if (message.type === 'incoming-call-request') act(message, pns)
    })
    t.dial('bob')
    if (event === Infinity) t.until(60)
    else if (!stepTo(t, event)) return undefined
    t.hangUp('bob')
    return leftBy(t, () => packets.owned().length)
  } finally {
    packets.stop()
  }
}
