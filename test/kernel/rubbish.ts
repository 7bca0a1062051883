/** What no kernel would send, and more than anybody can take: counted by reason, memory bounded, the run goes on. */
import { readFileSync } from 'node:fs'
import type { Bridge } from '../support/outside/bridge.ts'
import { check } from '../support/outside/failure.ts'
import { rootPath } from '../support/root.ts'
import { DEVICE, KERNEL, NEAR, SERVER, SLOW } from './lab.ts'
import type { Case, Site } from './site.ts'

/** Ping answers within this, however much came before. */
const answered = async (site: Site): Promise<void> => {
  await site.must('ping', '-c', '3', '-i', '0.2', '-W', '10', SERVER)
}

const rubbish: Case = {
  name: 'rubbish',
  short: true,
  async play(site, facts) {
    const bridge = await site.bridge({ rubbish: true })
    const said = await site.must('python3', rootPath('test/kernel/rubbish.py'), DEVICE, KERNEL, NEAR, SERVER)
    const written = JSON.parse(said) as Readonly<Record<string, number>>
    await answered(site)
    await site.connect('echo', SERVER, 7, 100_000)
    const { drops } = await bridge.interrupt()
    for (const [reason, count] of Object.entries(written)) {
      if (reason === 'any' || reason === 'fine') continue
      check((drops[reason] ?? 0) >= count, `${drops[reason] ?? 0} drops for ${reason}, and ${count} were to be`)
    }
    const reasons = Object.entries(drops).filter(([, count]) => count > 0)
    const all = Object.values(written).reduce((a, b) => a + b)
    facts.told = `${all} packets: ${reasons.map(([reason, count]) => `${reason} ${count}`).join(', ')}`
    await bridge.owes()
  },
}

const PACKETS = 100_000
const FLOOD = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[3])):
    try:
        s.sendto(b'x' * 64, (sys.argv[1], int(sys.argv[2])))
    except OSError:
        pass`
/** More than this the bridge may never take: MB. With ten floods it was seen to stay between 200 and 280 from the fourth on. */
const MOST = 400

/** Of proc(5): resident memory in MB, now or at most. */
function memory({ pid }: Bridge, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024)
}

const flood: Case = {
  name: 'flood',
  async play(site, facts) {
    const bridge = await site.bridge()
    await answered(site)
    const before = memory(bridge, 'VmRSS')
    const left: number[] = []
    for (let round = 0; round < 3; round++) {
      for (const host of [SERVER, SLOW]) await site.must('python3', '-c', FLOOD, host, '9999', `${PACKETS}`)
      await answered(site)
      left.push(memory(bridge, 'VmRSS'))
    }
    const most = memory(bridge, 'VmHWM')
    const { drops } = await bridge.interrupt()
    const came = Number(/(\d+) packets came in/.exec(bridge.talk)?.[1])
    facts.told = `${came} of ${6 * PACKETS} packets came in; memory ${before} MB, then ${left.join(', ')}, at most ${most}; `
    facts.told += `port-closed ${drops['port-closed']}, queue-full ${drops['queue-full']}`
    check(most <= MOST, `the bridge has taken ${most} MB`)
    check((drops['port-closed'] ?? 0) > 0 && (drops['queue-full'] ?? 0) > 0, `drops: ${JSON.stringify(drops)}`)
    await bridge.owes()
  },
}

export const RUBBISH: readonly Case[] = [rubbish, flood]
