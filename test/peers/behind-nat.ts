/**
 * Two real clients at one home dial our server from behind a simulated NAT box, one after the other; what becomes of
 * them is what `compare nat` says of simulated ones.
 */
import type { PersonalityName } from '../../src/filter/types.ts'
import { ZOO_CASES, type ZooFate, zooCell } from '../../src/index.ts'
import type { Bridge } from '../support/outside/bridge.ts'
import { check } from '../support/outside/failure.ts'
import type { Case, Facts } from './case.ts'
import { ALICE, OUR_SERVER } from './dial-us.ts'
import type { Guest } from './guest.ts'
import * as Log from './pppd-log.ts'
import { RealClient } from './real-client.ts'
import { USERS } from './real-server.ts'

const PING = '-c 5 -i 0.2'
/** How many Configure-Requests our server has heard. */
const heard = (bridge: Bridge): number =>
  bridge.seen('ppp-message', { way: 'received', proto: 'lcp', type: 'configure-request' }).length

function fatesOf(like: PersonalityName, clients: 1 | 2): ZooFate[] {
  const given = ZOO_CASES.find(
    one => one.like === like && one.side === 'clients' && one.clients === clients && one.servers === 'same',
  )
  if (!given) throw new Error(like)
  return zooCell(given).tunnels.map(({ fate }) => fate)
}

/** Dials, and waits until the tunnel is up or the client has given up. */
async function fateOf(guest: Guest, user: string, bridge: Bridge, mustWork: boolean): Promise<ZooFate> {
  const client = new RealClient(guest)
  const before = heard(bridge)
  client.dial({ server: OUR_SERVER, user, password: USERS[user], options: ALICE.options })
  if (mustWork) {
    await client.ping(await client.up(), PING)
    check(Log.negotiated(client.log) === 'MS-CHAPv2, MPPE 128-bit stateless', Log.negotiated(client.log))
    return 'works'
  }
  await client.refused()
  check(/LCP: timeout sending Config-Requests/.test(client.log), 'the client gave up, but not for silence')
  const hears = /rcvd \[LCP/.test(client.log)
  const isHeard = heard(bridge) > before
  if (hears) return isHeard ? 'no-tunnel' : 'not-heard'
  return isHeard ? 'hears-nothing' : 'silent'
}

const behind = (like: PersonalityName): Case => ({
  name: `dial-nat-${like}`,
  async play(site, facts: Facts) {
    const bridge = site.bridge({ lab: 'nat.yaml', options: ['--set', `topology.nodes.home.nat.like=${like}`] })
    const guests = [site.clientGuest(), site.secondGuest()]
    await Promise.all(guests.map(guest => guest.ready()))
    await bridge.ready()
    facts.peer = '2 pptp-linux'
    const wanted = fatesOf(like, 2)
    check(fatesOf(like, 1)[0] === wanted[0], 'the table says otherwise of one client than of the first of two')
    const found: ZooFate[] = []
    for (const [i, user] of ['alice', 'bob'].entries()) {
      found.push(await fateOf(guests[i], user, bridge, wanted[i] === 'works'))
      facts.negotiated = found.join(', ')
      check(found[i] === wanted[i], `the table says ${wanted.join(', ')}`)
    }
    // The second has not harmed the first.
    const first = new RealClient(guests[0])
    if (found[0] === 'works') await first.ping(Log.addressOf(first.log, 'remote') ?? '', PING)
    await bridge.stop()
  },
})

const KINDS = ['linux-pptp', 'linux', 'keyless', 'single', 'libalias', 'cisco', 'cgn'] as const
export const BEHIND_NAT: readonly Case[] = KINDS.map(behind)
