/** Who may open the device: nobody without privilege, unless root has made it or hands it over. */
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check } from '../support/outside/failure.ts'
import { sameNetwork } from './ends.ts'
import { DEVICE, KERNEL, SERVER } from './lab.ts'
import type { Case, Site } from './site.ts'

const NOBODY = 65_534

/** Without any privilege but to read what this checkout is made of, wherever it stands. */
const READER = 'dac_read_search'
const UNPRIVILEGED = [
  'setpriv',
  ...['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', '--no-new-privs'],
  ...['--bounding-set', `-all,+${READER}`, '--inh-caps', `-all,+${READER}`, '--ambient-caps', `-all,+${READER}`],
]

/** On most machines everybody may open /dev/net/tun, and the kernel then asks for privilege; not so in every container. */
const withDriver = (mode: string): readonly string[] => [
  ...[
    'unshare',
    '-m',
    'sh',
    '-c',
    `mount -t tmpfs none /dev/net && mknod -m ${mode} /dev/net/tun c 10 200 && exec "$@"`,
  ],
  ...['sh', ...UNPRIVILEGED],
]

const REMEDY =
  'Run the program with sudo; or let root make a device for you once (ip tuntap add dev sim0 mode tun user NAME) and ' +
  'open it by that name; or let root open it and hand over the descriptor.'

/** The bridge cannot start: this sentence, status 2, nothing on stdout, and nothing is changed. */
async function refuses(site: Site, launcher: readonly string[], sentence: string | RegExp): Promise<string> {
  const before = site.namespace.state()
  const bridge = site.begin({ launcher })
  const status = await bridge.end('its start')
  check(status === 2, `status ${status}: ${bridge.talk}`)
  const fits = typeof sentence === 'string' ? bridge.talk === `${sentence}\n` : sentence.test(bridge.talk)
  check(fits, `it says: ${bridge.talk}`)
  check(bridge.silent, 'it has said something on stdout')
  sameNetwork(before, site.namespace.state())
  return `status 2: ${bridge.talk.trim().slice(0, 60)}…`
}

const unprivileged: Case = {
  name: 'unprivileged',
  short: true,
  async play(site, facts) {
    chownSync(site.folder, NOBODY, NOBODY)
    facts.told = await refuses(site, withDriver('666'), `real: You may not open the device ${DEVICE}. ${REMEDY}`)
    await refuses(site, withDriver('600'), `real: You may not open /dev/net/tun. ${REMEDY}`)
  },
}

/** Traffic that shows that a bridge works: a megabyte there and back, and pings. */
async function works(site: Site): Promise<void> {
  await site.connect('echo', SERVER, 7, 1_000_000)
  await site.must('ping', '-c', '2', '-i', '0.2', '-W', '3', SERVER)
}

/** As `--dry-run` prints it. */
const CONFIGURE = [
  `addr add ${KERNEL}/30 dev ${DEVICE}`,
  `link set dev ${DEVICE} up mtu 1500`,
  `route add 10.77.0.0/16 dev ${DEVICE}`,
]

const persistent: Case = {
  name: 'persistent-device',
  async play(site, facts) {
    chownSync(site.folder, NOBODY, NOBODY)
    for (const words of [`tuntap add dev ${DEVICE} mode tun user ${NOBODY}`, ...CONFIGURE]) {
      site.namespace.run('ip', words.split(' '))
    }
    const before = site.namespace.state()
    const bridge = await site.bridge({ launcher: withDriver('666') })
    await works(site)
    await bridge.stop()
    const after = site.namespace.state()
    for (const what of ['addr', 'route'] as const) {
      check(settled(before[what]) === settled(after[what]), `ip ${what} was ${before[what]} and is ${after[what]}`)
    }
    facts.told = 'works for the user it was made for, and stays as root has configured it'
  },
}

/** Whether somebody holds the device shows in these, and a device that was never held has other words for it. */
const settled = (text: string): string => text.replace(/"operstate":"\w+"/g, '').replace(/"flags":\[[^\]]*\],?/g, '')

/** Opens and configures the device, and becomes the command with it as descriptor 3. */
const HAND_OVER = `import fcntl, os, struct, subprocess, sys
fd = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(fd, 0x400454ca, struct.pack('16sH22x', b'${DEVICE}', 0x1001))
for words in ${JSON.stringify(CONFIGURE)}:
    subprocess.run(['ip', *words.split()], check=True)
os.dup2(fd, 3)
os.set_inheritable(3, True)
os.execvp(sys.argv[1], sys.argv[1:])`

const descriptor: Case = {
  name: 'descriptor',
  async play(site, facts) {
    chownSync(site.folder, NOBODY, NOBODY)
    const before = site.namespace.state()
    const launcher = ['python3', '-c', HAND_OVER, ...UNPRIVILEGED]
    const bridge = await site.bridge({ launcher, options: ['--tun-fd', '3'] })
    await works(site)
    await bridge.stop()
    sameNetwork(before, site.namespace.state())
    facts.told = '--tun-fd 3 works for a user without any privilege'
  },
}

/** A module resolver that finds no koffi. */
const HIDE = `const Module = require('node:module')
const resolve = Module._resolveFilename
Module._resolveFilename = function (name, ...rest) {
  if (name !== 'koffi') return resolve.call(this, name, ...rest)
  throw Object.assign(new Error("Cannot find module 'koffi'"), { code: 'MODULE_NOT_FOUND' })
}`

const noKoffi: Case = {
  name: 'no-koffi',
  async play(site, facts) {
    const hide = join(site.folder, 'hide.cjs')
    writeFileSync(hide, HIDE)
    facts.told = await refuses(
      site,
      ['env', `NODE_OPTIONS=--require=${hide}`],
      /^real: The package koffi, which makes the system calls, could not be loaded \(.*\)\. Install it: npm install koffi\n$/,
    )
  },
}

const noDriver: Case = {
  name: 'no-driver',
  async play(site, facts) {
    const launcher = ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /dev/net && exec "$@"', site.folder]
    facts.told = await refuses(
      site,
      launcher,
      'real: There is no /dev/net/tun that works. Load the driver: modprobe tun; in a container, start it with ' +
        '--device /dev/net/tun --cap-add NET_ADMIN.',
    )
  },
}

const held: Case = {
  name: 'device-held',
  async play(site, facts) {
    const first = await site.bridge()
    const second = site.begin({ folder: join(site.folder, 'second') })
    const status = await second.end('its start')
    const sentence = `real: Another program holds the device ${DEVICE}. End that program, or take another name.\n`
    check(status === 2 && second.talk === sentence, `status ${status}: ${second.talk}`)
    await works(site)
    await first.stop()
    facts.told = 'a second bridge is refused, the first goes on'
  },
}

export const PRIVILEGE: readonly Case[] = [unprivileged, persistent, descriptor, noKoffi, noDriver, held]
