/** `tui --bridge`: the kernel's ping is seen live; who looks back looks at a copy, and the run goes on and is recorded. */
import { readFileSync } from 'node:fs'
import xterm from '@xterm/headless'
import { CLI } from '../support/outside/bridge.ts'
import { check } from '../support/outside/failure.ts'
import { sameNetwork } from './ends.ts'
import { SERVER } from './lab.ts'
import type { Case } from './site.ts'

/**
 * The command in a terminal of 80 by 24. Each step waits until something is on the screen (`until`), runs a program or types
 * keys, and waits a while; what was written by then, and at the end the exit status, are printed.
 */
const SCRIPT = `
import fcntl, json, os, pty, select, struct, subprocess, sys, termios, time
steps, words = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0: os.execvpe(words[0], words, {**os.environ, 'TERM': 'xterm-256color', 'LANG': 'C.UTF-8'})
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
written, screens, said = b'', [], []
def read(seconds, until=None):
    global written
    end = time.time() + seconds
    while time.time() < end and not (until and until in written):
        if not select.select([fd], [], [], 0.05)[0]: continue
        try: data = os.read(fd, 65536)
        except OSError: return
        if not data: return
        written += data
for step in steps:
    if 'until' in step: read(20, step['until'].encode())
    if 'run' in step: said.append(subprocess.run(step['run'], capture_output=True, text=True).stdout)
    if 'keys' in step: os.write(fd, step['keys'].encode())
    read(step['wait'])
    screens.append(written.decode())
_, status = os.waitpid(pid, 0)
print(json.dumps({'status': os.waitstatus_to_exitcode(status), 'screens': screens, 'said': said}))`

interface Seen {
  readonly status: number
  /** All that was written by the end of each step. */
  readonly screens: readonly string[]
  readonly said: readonly string[]
}

/** What a terminal shows of it. */
async function shown(written: string): Promise<string> {
  const screen = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true })
  await new Promise<void>(resolve => screen.write(written, resolve))
  const { active } = screen.buffer
  return Array.from({ length: 24 }, (_, row) => active.getLine(row)?.translateToString(true)).join('\n')
}

const PING = ['ping', '-c', '3', '-i', '0.2', '-W', '2', SERVER]
const STEPS = [
  { until: 'LIVE', wait: 0.2 },
  { run: PING, keys: '3', wait: 0.5 },
  { keys: ' ', wait: 0.5 },
  { run: PING, wait: 2 },
  { keys: 'V', wait: 0.5 },
  { keys: 'q', wait: 1 },
]

const screen: Case = {
  name: 'screen',
  short: true,
  async play(site, facts) {
    const before = site.namespace.state()
    const { record, words } = site.inTerminal([], ['tui', '--bridge'])
    const { status, screens, said } = JSON.parse(
      await site.must('python3', '-c', SCRIPT, JSON.stringify(STEPS), ...words),
    ) as Seen
    for (const ping of said) check(ping.includes('3 received'), `ping says: ${ping}`)
    const [, live, detached, later, back] = await Promise.all(screens.map(shown))
    check(/► LIVE .*echo reply 3/s.test(live), `live it shows:\n${live}`)
    check(/║ DETACHED 0 s behind/.test(detached), `paused it shows:\n${detached}`)
    check(/║ DETACHED [123] s behind/.test(later), `later it shows:\n${later}`)
    const newest = (text: string): number => Number(/► +(\d+) /.exec(text.split('\n').slice(2).join('\n'))?.[1])
    check(newest(later) === newest(detached), 'a copy has got more packets')
    check(/► LIVE /.test(back) && newest(back) >= newest(live) + 6, `back at the live end it shows:\n${back}`)
    check(status === 0, `status ${status}`)
    sameNetwork(before, site.namespace.state())
    const lines = readFileSync(record, 'utf8').trimEnd().split('\n')
    check(lines.at(-1)?.startsWith('{"type":"end"') === true, 'no whole record')
    const again = await site.must(process.execPath, CLI, 'run', record, '--quiet')
    check(again.includes('the fingerprints are equal'), `its record says: ${again}`)
    facts.told = `pings seen live and from behind; the record of ${lines.length - 2} packets runs again the same`
  },
}

export const SCREEN: readonly Case[] = [screen]
