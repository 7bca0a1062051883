/** ping, traceroute and curl of the kernel's side: they must report what is so. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { matchesPattern } from '../../src/app/pattern.ts'
import { check } from '../support/outside/failure.ts'
import { FAR, KERNEL, NEAR, NOBODY, NOWHERE, SERVER } from './lab.ts'
import type { Case, Site } from './site.ts'

/** Octets that ping sends: none, the usual, the most that one packet carries, and three fragments. */
const SIZES = [0, 56, 1472, 4000]
const PINGS = 3

const ping: Case = {
  name: 'ping',
  short: true,
  async play(site, facts) {
    const events = [{ at: '1s', ping: { from: 'server', to: KERNEL, count: PINGS, interval: '100ms', size: '4000B' } }]
    const bridge = await site.bridge({ events })
    const times: string[] = []
    for (const size of SIZES) {
      const said = await site.must('ping', '-c', `${PINGS}`, '-i', '0.2', '-W', '3', '-s', `${size}`, SERVER)
      check(said.includes(`${PINGS} received`), `of ${PINGS} pings of ${size} octets: ${said.trim().slice(-200)}`)
      const time = /= [\d.]+\/([\d.]+)\//.exec(said)?.[1]
      if (time !== undefined) times.push(time)
    }
    await bridge.seesAll(10, 'ping-reply', PINGS)
    facts.told = `${SIZES.join(', ')} octets answered, the longer ones in ${times.join(', ')} ms; ours answered too`
    await bridge.stop()
  },
}

const NARROW = 1400

/** What goes wrong on the way, and what ping has to say of it. */
const TROUBLE: readonly (readonly [words: string, says: RegExp])[] = [
  [`-t 1 ${SERVER}`, new RegExp(`From ${NEAR} icmp_seq=1 Time to live exceeded`)],
  [`-t 2 ${SERVER}`, new RegExp(`From ${FAR} icmp_seq=1 Time to live exceeded`)],
  [`-M do -s 1472 ${SERVER}`, new RegExp(`From ${NEAR} icmp_seq=1 Frag needed and DF set \\(mtu = ${NARROW}\\)`)],
  [`-M do -s 1472 ${SERVER}`, new RegExp(`message too long, mtu=${NARROW}`)],
  [`${NOBODY}`, new RegExp(`From ${FAR} icmp_seq=1 Destination Host Unreachable`)],
  [`${NOWHERE}`, new RegExp(`From ${NEAR} icmp_seq=1 Destination Net Unreachable`)],
]

const pingTrouble: Case = {
  name: 'ping-trouble',
  async play(site, facts) {
    const bridge = await site.bridge({ road: { mtu: NARROW } })
    for (const [words, says] of TROUBLE) {
      const { status, said } = await site.ask('ping', '-n', '-c', '1', '-W', '8', ...words.split(' '))
      check(status === 1, `ping ${words}: status ${status}`)
      check(says.test(said), `ping ${words} says: ${said.trim().slice(0, 300)}`)
    }
    for (const size of [NARROW - 28, 1472, 4000]) {
      await site.must('ping', '-c', '1', '-W', '5', '-M', 'dont', '-s', `${size}`, SERVER)
    }
    facts.told = 'time exceeded, fragmentation needed, host and network unreachable, each from whom it should be'
    await bridge.stop()
  },
}

/** A router answers six errors at once (as Linux does): with one probe each, three commands get their answers. */
const WAY = [NEAR, FAR, SERVER]

const traceroute: Case = {
  name: 'traceroute',
  short: true,
  async play(site, facts) {
    const bridge = await site.bridge()
    for (const options of [[], ['-q', '1', '-I'], ['-q', '1', '-T', '-p', '7']]) {
      const said = await site.must('traceroute', '-n', ...options, SERVER)
      const hops = said
        .trim()
        .split('\n')
        .slice(1)
        .map(line => line.trim().split(/\s+/)[1])
      check(hops.join() === WAY.join(), `traceroute ${options.join(' ')}: ${said.trim()}`)
    }
    facts.told = `with UDP, ICMP and TCP: ${WAY.join(', ')}`
    await bridge.stop()
  },
}

const REFUSED = `import socket
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    s = socket.socket(socket.AF_INET, kind)
    s.settimeout(5)
    try:
        s.connect(('${SERVER}', 9999))
        s.send(b'x')
        s.recv(10)
    except ConnectionRefusedError:
        print('refused')`

const refused: Case = {
  name: 'refused',
  async play(site, facts) {
    const bridge = await site.bridge()
    const said = await site.must('python3', '-c', REFUSED)
    check(said === 'refused\nrefused\n', `closed ports: ${said}`)
    facts.told = 'closed ports refuse TCP and UDP'
    await bridge.stop()
  },
}

const OCTETS = 1_000_000
const PARALLEL = 10
const URL = `http://${SERVER}`

const curl: Case = {
  name: 'curl',
  short: true,
  async play(site, facts) {
    const bridge = await site.bridge()
    const get = (...words: string[]): Promise<string> => site.must('curl', '-sS', '-m', '60', ...words)
    const page = await get('-f', `${URL}/`)
    check(page.includes('server'), `the page does not say who answers: ${page.slice(0, 200)}`)

    const file = join(site.folder, 'bytes')
    const speed = await get('-f', '-o', file, '-w', '%{speed_download}', `${URL}/bytes/${OCTETS}`)
    checkPattern(file)
    const head = await get('-I', `${URL}/bytes/${OCTETS}`)
    check(/^HTTP\/1\.\d 200 /.test(head), `HEAD: ${head}`)
    check(new RegExp(`^content-length: ${OCTETS}\\r?$`, 'im').test(head), `HEAD: ${head}`)
    const missing = await get('-o', '/dev/null', '-w', '%{http_code}', `${URL}/nothing-of-that-name`)
    check(missing === '404', `an unknown page has status ${missing}`)
    const twice = await get('-f', `${URL}/`, `${URL}/`)
    check(twice.split('server').length === page.split('server').length * 2 - 1, 'two pages of one curl differ from one')

    await parallel(site, get)
    facts.told = `page, HEAD, 404, two of one curl, ${PARALLEL} at once; 1 MB at ${((Number(speed) * 8) / 1e6).toFixed(0)} Mbit/s`
    await bridge.stop()
  },
}

async function parallel(site: Site, get: (...words: string[]) => Promise<string>): Promise<void> {
  const files = Array.from({ length: PARALLEL }, (_, i) => join(site.folder, `bytes-${i}`))
  await get(
    '-f',
    '--parallel',
    '--parallel-immediate',
    ...files.flatMap(file => ['-o', file, `${URL}/bytes/${OCTETS}`]),
  )
  for (const file of files) checkPattern(file)
}

function checkPattern(file: string): void {
  const bytes = readFileSync(file)
  check(bytes.length === OCTETS, `${bytes.length} of ${OCTETS} octets came by HTTP`)
  check(matchesPattern(bytes, 0), 'some octets that came by HTTP are wrong')
}

export const TOOLS: readonly Case[] = [ping, pingTrouble, traceroute, refused, curl]
