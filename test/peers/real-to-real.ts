/** The real client and the real server with each other: what fails here is not ours, and what fails only with us is. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { goldenLines } from '../support/golden.ts'
import { check } from '../support/outside/failure.ts'
import { rootPath } from '../support/root.ts'
import type { Case, Facts } from './case.ts'
import * as Log from './pppd-log.ts'
import { RealClient, USUAL } from './real-client.ts'
import { REQUIRE, RealServer, USERS } from './real-server.ts'
import { REAL_SERVER, type Site } from './site.ts'

const MEGABYTE = 1_000_000

async function both(site: Site): Promise<{ readonly client: RealClient; readonly server: RealServer }> {
  const [clientGuest, serverGuest] = [site.clientGuest(), site.serverGuest()]
  await Promise.all([clientGuest.ready(), serverGuest.ready()])
  return { client: new RealClient(clientGuest), server: new RealServer(serverGuest) }
}

const session: Case = {
  name: 'real-to-real',
  async play(site, facts) {
    const { client, server } = await both(site)
    await server.listen(REQUIRE.msChapV2('require-mppe-128'))
    facts.peer = 'both'
    client.dial({ server: REAL_SERVER, user: 'alice', password: USERS.alice, options: [...USUAL, 'require-mppe-128'] })
    const address = await client.up()
    facts.negotiated = Log.negotiated(client.log)
    await client.ping(address, '-c 5 -i 0.2')
    await client.echo(address, MEGABYTE)
    await client.hangUp()
    await server.empty(10)
    countOctets(facts, client.log)
    check(facts.negotiated === 'MS-CHAPv2, MPPE 128-bit stateless', `negotiated: ${facts.negotiated}`)
  },
}

const refusal: Case = {
  name: 'real-to-real-refusal',
  async play(site, facts) {
    const { client, server } = await both(site)
    await server.listen(REQUIRE.msChapV2('require-mppe-128'))
    facts.peer = 'both'
    client.dial({ server: REAL_SERVER, user: 'alice', password: 'wrong', options: [...USUAL, 'require-mppe-128'] })
    await client.refused()
    check(Log.authFailed(client.log), 'the client was refused, but not for its password')
    check(Log.authFailed(server.log), 'the server does not say that the password was wrong')
    facts.negotiated = 'refused: wrong password'
    await server.empty(15)
  },
}

/**
 * What may differ from the record: the order in which connections begin, and so call IDs; times; and what follows a call's
 * opening, for the kernel here refuses pptpd's GRE, whereupon it gives the call up, sooner or later.
 */
const steady = (line: string): string =>
  line.replace(/OCRP\(call=\d+(.*?\)).*/, 'OCRP(call=*$1').replace(/ after [\d.]+s$/, '')

const oddControl: Case = {
  name: 'real-odd-control',
  async play(site, facts) {
    const guest = site.serverGuest()
    await guest.ready()
    await new RealServer(guest).listen(REQUIRE.msChapV2('require-mppe-128'))
    facts.peer = 'pptpd'
    const lines = await oddLines(site, REAL_SERVER)
    const recorded = goldenLines('odd-control-pptpd.txt').map(steady)
    const others = lines.filter((line, i) => steady(line) !== recorded[i])
    facts.negotiated = `${lines.length - others.length} of ${recorded.length} as recorded`
    check(others.length === 0, `pptpd answers otherwise than recorded: ${others.join(' / ')}`)
  },
}

export async function oddLines({ namespace }: Site, host: string): Promise<string[]> {
  const player = namespace.inside(process.execPath, [rootPath('dist/test/peers/odd-tcp.js'), host])
  const { stdout } = await promisify(execFile)(...player)
  return stdout.trim().split('\n')
}

export function countOctets(facts: Facts, clientLog: string): void {
  const octets = Log.octetsOf(clientLog)
  check(octets !== undefined, 'pppd does not say how much it has sent')
  facts.fromPeer = octets.sent
  facts.toPeer = octets.received
}

export const REAL_TO_REAL: readonly Case[] = [session, refusal, oddControl]
