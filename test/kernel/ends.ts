/** How a bridge ends, asked or not, in the middle of a transfer; and what it leaves on this machine: nothing. */
import { readFileSync } from 'node:fs'
import type { Bridge } from '../support/outside/bridge.ts'
import { check, until } from '../support/outside/failure.ts'
import type { NetworkState } from '../support/outside/namespace.ts'
import { DEVICE, KERNEL, SERVER } from './lab.ts'
import type { Case, Site } from './site.ts'

const WHAT = ['addr', 'route', 'link'] as const

export function sameNetwork(before: NetworkState, after: NetworkState): void {
  for (const what of WHAT) {
    check(before[what] === after[what], `ip ${what} was ${before[what]} and is ${after[what]}`)
  }
}

const LONG = 500_000_000
/** Octets of packets that a transfer in full swing has put into the record. */
const SWING = 200_000

/** A bridge, and a transfer through it that will not end by itself soon. */
async function inTheMiddle(site: Site, events: readonly object[] = []): Promise<Bridge> {
  const bridge = await site.bridge({ events })
  const during = site.namespace.state()
  for (const what of WHAT) check(during[what].includes(DEVICE), `ip ${what} does not show ${DEVICE}`)
  // Its failure is the point.
  site.connect('pull', SERVER, 19, LONG).catch(() => undefined)
  await until(20, 'no transfer begins', () => readFileSync(bridge.record).length > SWING)
  return bridge
}

const signalled = (signal: NodeJS.Signals, status: number | null, short = false): Case => ({
  name: `ends-${signal.slice(3).toLowerCase()}`,
  short,
  async play(site, facts) {
    const before = site.namespace.state()
    const bridge = await inTheMiddle(site)
    const ended = await bridge.signal(signal)
    check(ended === status, `after ${signal} the bridge ended with ${ended}`)
    sameNetwork(before, site.namespace.state())
    if (signal === 'SIGKILL') {
      const said = await bridge.replay()
      facts.told = `nothing left behind; what was recorded runs again: ${/fingerprint \w+/.exec(said)?.[0]}`
      check(/fingerprint \w+/.test(said), `the replay says: ${said}`)
    } else {
      await bridge.owes()
      facts.told = `status ${ended}, nothing left behind, record and captures whole`
    }
  },
})

const deleted: Case = {
  name: 'device-deleted',
  short: true,
  async play(site, facts) {
    const before = site.namespace.state()
    const bridge = await inTheMiddle(site)
    site.namespace.run('ip', ['link', 'del', DEVICE])
    const status = await bridge.end('that its device was deleted')
    const sentence = `real: The device ${DEVICE} has gone: somebody deleted it while it was open. Make a new one.\n`
    check(status === 2, `status ${status}`)
    check(bridge.talk.includes(sentence), `it says: ${bridge.talk.slice(-300)}`)
    sameNetwork(before, site.namespace.state())
    await bridge.owes()
    facts.told = `status 2: ${sentence.trim()}`
  },
}

const setDown: Case = {
  name: 'device-down-and-up',
  async play(site, facts) {
    const events = [{ at: '1s', ping: { from: 'server', to: KERNEL, count: 100, interval: '100ms' } }]
    const bridge = await site.bridge({ events })
    await bridge.sees(10, 'ping-reply')
    site.namespace.run('ip', ['link', 'set', DEVICE, 'down'])
    const { said } = await site.ask('ping', '-c', '1', '-W', '1', SERVER)
    check(/unreachable/i.test(said), `ping while the device is down: ${said}`)
    await new Promise(resolve => setTimeout(resolve, 500))
    check(!bridge.ended, `the bridge has ended: ${bridge.talk}`)
    const missed = bridge.seen('ping-sent').length - bridge.seen('ping-reply').length
    check(missed > 2, `only ${missed} pings of ours were not answered while the device was down`)
    site.namespace.run('ip', ['link', 'set', DEVICE, 'up'])
    // The kernel has forgotten the routes of the device.
    site.namespace.run('ip', ['route', 'add', '10.77.0.0/16', 'dev', DEVICE])
    await site.must('ping', '-c', '3', '-i', '0.2', '-W', '3', SERVER)
    const replies = bridge.seen('ping-reply').length
    await bridge.seesAll(5, 'ping-reply', replies + 3)
    await bridge.interrupt()
    const losses = /\d+ packets? could not go out \(the device was down\)/.exec(bridge.talk)?.[0]
    check(losses !== undefined, `it does not tell of the losses: ${bridge.talk}`)
    await bridge.owes()
    facts.told = `going on; ${losses}`
  },
}

/** In a terminal that goes away: everything that is written to it fails from then on. */
const TERMINAL = `import os, pty, sys, time, signal
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
end = time.time() + float(sys.argv[1])
while time.time() < end:
    os.read(fd, 65536)
os.close(fd)
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))`
const TERMINAL_SECONDS = 3

const terminal: Case = {
  name: 'ends-terminal',
  async play(site, facts) {
    const before = site.namespace.state()
    const events = [{ at: '0s', ping: { from: 'server', to: KERNEL, count: 1000, interval: '10ms' } }]
    const { record, words } = site.inTerminal(events)
    const said = await site.must('python3', '-c', TERMINAL, `${TERMINAL_SECONDS}`, ...words)
    check(said.trim() === '-1', `the bridge ended with ${said.trim()}, not by HUP`)
    sameNetwork(before, site.namespace.state())
    check(
      readFileSync(record, 'utf8').trimEnd().split('\n').at(-1)?.startsWith('{"type":"end"') === true,
      'no whole record',
    )
    facts.told = 'ends by HUP, nothing left behind, record whole'
  },
}

export const ENDS: readonly Case[] = [
  signalled('SIGINT', 130, true),
  signalled('SIGTERM', 143),
  signalled('SIGHUP', 129),
  signalled('SIGKILL', null),
  terminal,
  deleted,
  setDown,
]
