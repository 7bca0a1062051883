/**
 * `npm run bench:tui`: time to the first frame, what the terminal UI costs while it plays in real time and while it is
 * paused, its memory; then what long runs cost (tui-long.ts, tui-program.ts), and only that with `-- long`. It runs in a
 * terminal of its own, made by the program `script`; Linux only, as it reads /proc.
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { millionPackets, stepsBack } from './tui-long.ts'
import { backInProgram, dashFrames } from './tui-program.ts'

const CLI = fileURLToPath(new URL('../cli/cli.js', import.meta.url))
/** Ticks of /proc/PID/stat in a second. */
const TICKS = 100
/** Paused, and playing: the tunnel is built at once, the pings are from 3 s on and the transfer from 11 s. */
const PAUSED = 5
const PLAYING = 18

/** Seconds of CPU that a process has used: fields 14 and 15 of its stat, counted behind its name. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** The process below `parent` that runs the program. */
function programBelow(parent: number): number {
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const ancestor = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1])
      if (ancestor === parent) return Number(pid)
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error('the program has not started')
}

/** Of one core: all the while, and in the busiest second. */
async function share(pid: number, seconds: number): Promise<string> {
  const before = cpuOf(pid)
  let busiest = 0
  for (let i = 0; i < seconds; i++) {
    const [start, used] = [performance.now(), cpuOf(pid)]
    await sleep(1000)
    busiest = Math.max(busiest, (cpuOf(pid) - used) / ((performance.now() - start) / 1000))
  }
  const whole = (cpuOf(pid) - before) / seconds
  return `${(whole * 100).toFixed(1)} % (busiest second ${(busiest * 100).toFixed(0)} %)`
}

/** Resident, in MB. */
const memoryOf = (pid: number): string =>
  `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000)} MB`

async function measure(lab: string, keys: string): Promise<void> {
  const started = performance.now()
  const command = `exec ${process.execPath} ${CLI} tui --no-tour --no-quiz ${lab}`
  const child = spawn('script', ['-qec', `stty rows 40 cols 120; ${command}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh' },
  })
  let octets = 0
  const first = await new Promise<number>(resolve => {
    let screen = ''
    child.stdout.on('data', (data: Buffer) => {
      octets += data.length
      screen += screen.length < 50_000 ? data.toString() : ''
      if (screen.includes(' help')) resolve(performance.now() - started)
    })
  })
  const pid = programBelow(child.pid ?? 0)
  await sleep(500)
  const paused = await share(pid, PAUSED)
  child.stdin.write(`${keys} `)
  await sleep(200)
  const before = octets
  const playing = await share(pid, PLAYING)
  const rate = ((octets - before) / PLAYING / 1000).toFixed(1)
  child.stdin.write(' ')
  await sleep(200)
  const again = await share(pid, PAUSED)
  const memory = memoryOf(pid)
  child.stdin.write('q')
  await new Promise(resolve => child.on('close', resolve))
  console.log(
    `${lab}, view ${keys}: first frame ${first.toFixed(0)} ms, ${memory}\n  paused ${paused}\n  playing ${playing}, ${rate} kB/s to the terminal\n  paused again ${again}`,
  )
}

if (process.argv[2] !== 'long') {
  for (const lab of ['voluntary', 'voluntary-lan']) {
    for (const keys of ['1', '3']) await measure(lab, keys)
  }
}
stepsBack()
await backInProgram()
dashFrames()
millionPackets()
