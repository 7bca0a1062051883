/** What goes on around a call: odd control messages of others, and what the bridge leaves behind when it ends. */
import { codeOf, page, sections, tableRows } from '../support/docs.ts'
import { goldenLines } from '../support/golden.ts'
import { comparable, ODD_CASES } from '../support/odd-control.ts'
import { DEVICE } from '../support/outside/bridge.ts'
import { check } from '../support/outside/failure.ts'
import type { Case } from './case.ts'
import { ALICE, dialling, LAB, OUR_SERVER } from './dial-us.ts'
import * as Log from './pppd-log.ts'
import { oddLines } from './real-to-real.ts'

/** Ten a second, for longer than the odd messages take. */
const LONG_PING = '-i 0.1 -c 250'

/** The answers of our server by the name of the case: those of pptpd but for the rows of docs/deviations.md. */
function expectedAnswers(): Map<string, string> {
  const pptpd = goldenLines('odd-control-pptpd.txt').map(comparable)
  const table = sections(page('docs/deviations.md'), 2).get('Odd control messages') ?? ''
  const ours = new Map(tableRows(table).map(row => [codeOf(row[0]), codeOf(row[2])]))
  return new Map(ODD_CASES.map(({ name }, i) => [name, ours.get(name) ?? pptpd[i]]))
}

const oddControl: Case = {
  name: 'odd-control',
  async play(site, facts) {
    const { bridge, client } = await dialling(site, facts, ALICE, { rubbish: true })
    const address = await client.up()
    const pings = client.ping(address, LONG_PING)
    const [lines] = await Promise.all([oddLines(site, OUR_SERVER), pings])
    const expected = expectedAnswers()
    const others = lines.filter((line, i) => steady(comparable(line)) !== steady(expected.get(ODD_CASES[i].name) ?? ''))
    facts.negotiated = `${lines.length - others.length} of ${ODD_CASES.length} as documented`
    check(lines.length === ODD_CASES.length, `${lines.length} answers to ${ODD_CASES.length} cases`)
    check(others.length === 0, `our server answers otherwise: ${others.join(' / ')}`)
    check(Log.ups(client.log) === 1 && !Log.terminated(client.log), 'the call of the other client was disturbed')
    await client.hangUp()
    await bridge.stop()
  },
}

/** On a real clock the tenths of a second are nobody's promise. */
const steady = (answer: string): string => answer.replace(/ after (\d+)\.\ds$/, (_, seconds) => ` after ${seconds}s`)

const leavesNothing = (name: string, signal: NodeJS.Signals, status: number | null): Case => ({
  name,
  async play(site, facts) {
    const { namespace } = site
    const before = namespace.state()
    const bridge = site.bridge({ lab: LAB })
    await bridge.ready()
    const during = namespace.state()
    for (const what of ['addr', 'route', 'link'] as const) {
      check(during[what].includes(DEVICE), `ip ${what} does not show ${DEVICE} while the bridge runs`)
    }
    const ended = await bridge.signal(signal)
    check(ended === status, `after ${signal} the bridge ended with ${ended}`)
    const after = namespace.state()
    for (const what of ['addr', 'route', 'link'] as const) {
      check(after[what] === before[what], `ip ${what} differs: ${before[what]} before, ${after[what]} after`)
    }
    facts.negotiated = `${DEVICE} gone after ${signal}`
  },
})

export const AROUND_US: readonly Case[] = [
  oddControl,
  leavesNothing('leaves-nothing-int', 'SIGINT', 130),
  leavesNothing('leaves-nothing-term', 'SIGTERM', 143),
  leavesNothing('leaves-nothing-kill', 'SIGKILL', null),
]
