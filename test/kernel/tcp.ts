/** TCP of the kernel against ours, in both roles: every octet is compared where it arrives. */
import type { Bridge } from '../support/outside/bridge.ts'
import { check } from '../support/outside/failure.ts'
import { type Road, SERVER } from './lab.ts'
import type { Case, Facts, Site } from './site.ts'
import type { Report } from './tcp-program.ts'

const MB = 1_000_000
const PORTS = { echo: 7, discard: 9, chargen: 19, transfer: 5001 }
const KERNEL = '10.99.0.1'
/** On the clock of the run: by then the kernel's services listen, and the device is up. */
const BEGIN = '1s'
const SECONDS = 180

const megabits = (octets: number, ms: number): string => `${((octets * 8) / ms / 1000).toFixed(0)}`
const speed = ({ octets, ms }: Report): string => megabits(octets, ms)

/** Adds what both sides had to send again. */
function tellRetransmissions(facts: Facts, site: Site, bridge: Bridge): void {
  facts.told += `; sent again ${bridge.seen('tcp-retransmit').length} by us, ${site.retransmitted()} by the kernel`
}

/** What our service says of connections that have ended in order. */
async function served(bridge: Bridge, service: string, connections: number, octets: object): Promise<void> {
  await bridge.seesAll(SECONDS, 'served', connections, { service })
  const right = bridge.seen('served', { service, end: 'closed', ...octets }).length
  check(right === connections, `${right} of ${connections} connections of ${service} ended in order and whole`)
}

/** The kernel connects: echo, discard and chargen of a simulated host. */
const kernelConnects = (name: string, octets: number, road: Road, short = false): Case => ({
  name,
  short,
  async play(site, facts) {
    const bridge = await site.bridge({ road })
    const echo = await site.connect('echo', SERVER, PORTS.echo, octets)
    await served(bridge, 'echo', 1, { received: octets, sent: octets })
    const push = await site.connect('push', SERVER, PORTS.discard, octets)
    await served(bridge, 'discard', 1, { received: octets })
    const pull = await site.connect('pull', SERVER, PORTS.chargen, octets)
    await served(bridge, 'chargen', 1, { sent: octets })
    facts.told = `Mbit/s: echo ${speed(echo)}, in ${speed(push)}, out ${speed(pull)}`
    tellRetransmissions(facts, site, bridge)
    await bridge.stop()
  },
})

/** A simulated host connects: what it talks and fetches with are programs of the kernel. */
const weConnect = (name: string, octets: number, road: Road, short = false): Case => ({
  name,
  short,
  async play(site, facts) {
    const echo = await site.listen('echo', PORTS.echo, 1)
    const transfer = await site.listen('transfer', PORTS.transfer, 1)
    const bytes = `${octets}B`
    const events = [
      { at: BEGIN, talk: { from: 'server', to: KERNEL, bytes } },
      { at: BEGIN, fetch: { from: 'server', to: KERNEL, bytes } },
    ]
    const bridge = await site.bridge({ road, events })
    const done = [await bridge.sees(SECONDS, 'talk-done'), await bridge.sees(SECONDS, 'fetch-done')]
    for (const { event, fields } of done)
      check(fields.ok === true, `${event}: ${fields.detail}, ${fields.bytes} octets`)
    check((await echo()).octets === octets, 'the kernel has echoed another number of octets')
    check((await transfer()).octets === octets, 'the kernel has given another number of octets')
    const [talk, fetch] = done.map(({ fields }) => megabits(octets, Number(fields.took) / 1e6))
    facts.told = `Mbit/s: echo ${talk}, fetch ${fetch}, at once`
    tellRetransmissions(facts, site, bridge)
    await bridge.stop()
  },
})

const MANY = 50
const EACH = 100_000

const manyOfTheKernel: Case = {
  name: 'tcp-in-many',
  async play(site, facts) {
    const bridge = await site.bridge()
    const echo = await site.connect('echo', SERVER, PORTS.echo, EACH, MANY)
    check(echo.octets === MANY * EACH, `${echo.octets} octets came back`)
    await served(bridge, 'echo', MANY, { received: EACH, sent: EACH })
    facts.told = `${MANY} connections at once: ${speed(echo)} Mbit/s`
    tellRetransmissions(facts, site, bridge)
    await bridge.stop()
  },
}

const manyOfOurs: Case = {
  name: 'tcp-out-many',
  async play(site, facts) {
    const echo = await site.listen('echo', PORTS.echo, MANY)
    const events = Array.from({ length: MANY }, () => ({
      at: BEGIN,
      talk: { from: 'server', to: KERNEL, bytes: `${EACH}B` },
    }))
    const bridge = await site.bridge({ events })
    const report = await echo()
    check(report.octets === MANY * EACH, `the kernel has echoed ${report.octets} octets`)
    await bridge.seesAll(SECONDS, 'talk-done', MANY)
    const right = bridge.seen('talk-done', { ok: true, bytes: EACH }).length
    check(right === MANY, `${right} of ${MANY} conversations are right`)
    facts.told = `${MANY} connections at once: ${speed(report)} Mbit/s`
    tellRetransmissions(facts, site, bridge)
    await bridge.stop()
  },
}

/** The kernel forbids fragments: the router before the narrow road must tell it, and the transfer must come to its end. */
const pathMtu: Case = {
  name: 'tcp-path-mtu',
  short: true,
  async play(site, facts) {
    const bridge = await site.bridge({ road: { mtu: 1300 } })
    const push = await site.connect('push', SERVER, PORTS.discard, MB)
    await served(bridge, 'discard', 1, { received: MB })
    const echo = await site.connect('echo', SERVER, PORTS.echo, MB)
    const route = await site.must('ip', 'route', 'get', SERVER)
    check(/\bmtu 1300\b/.test(route), `the kernel has not learnt the MTU: ${route.trim()}`)
    facts.told = `Mbit/s: in ${speed(push)}, echo ${speed(echo)}`
    tellRetransmissions(facts, site, bridge)
    const { drops } = await bridge.interrupt()
    check((drops['fragmentation-needed'] ?? 0) > 0, 'the router has refused no packet')
    facts.told += `; ${drops['fragmentation-needed']} packets refused`
    await bridge.owes()
  },
}

export const TCP: readonly Case[] = [
  kernelConnects('tcp-in', 10 * MB, {}),
  kernelConnects('tcp-in-loss', MB, { loss: '2%' }, true),
  kernelConnects('tcp-in-delay', 10 * MB, { delay: '20ms' }),
  manyOfTheKernel,
  weConnect('tcp-out', 10 * MB, {}),
  weConnect('tcp-out-loss', MB, { loss: '2%' }, true),
  weConnect('tcp-out-delay', 10 * MB, { delay: '20ms' }),
  manyOfOurs,
  pathMtu,
]
