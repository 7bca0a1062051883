/** `pptp-lab doctor [LAB | CAPTURE]`: what is wrong, from a run, a capture, or a symptom alone. */
import { existsSync } from 'node:fs'
import { decodeCapture, problemLines } from '../../decode/decode.ts'
import { factsOfCapture } from '../../diagnose/doctor/capture.ts'
import { examine, type Finding } from '../../diagnose/doctor/doctor.ts'
import type { Facts } from '../../diagnose/doctor/facts.ts'
import { type Consulted, ofLog, ofWindows } from '../../diagnose/doctor/symptoms.ts'
import { consultedJson, consultedLines, findingJson, findingLines } from '../../diagnose/doctor/text.ts'
import { DoctorWatch } from '../../diagnose/doctor/watch.ts'
import { WINDOWS_SYMPTOMS } from '../../diagnose/doctor/windows-symptoms.ts'
import { formatTime, Run } from '../../index.ts'
import { checkedLab, isCapture, overridesOf, readBytes, readLab, readText, refuseOutside, replayOf } from '../files.ts'
import { err, out, terminalWidth, wrap } from '../terminal.ts'
import { type Action, EXIT, UsageError } from '../usage.ts'
import { type RunFlags, untilOf } from './run.ts'

interface Flags extends RunFlags {
  readonly windows?: string
  readonly log?: string
}

export const doctor: Action = async ([name], options) => {
  const flags = options as Flags
  const { windows, log, json = false } = flags
  if (windows !== undefined || log !== undefined) {
    if (name !== undefined || (windows !== undefined && log !== undefined)) {
      throw new UsageError('doctor takes one of them: a lab, a capture, --windows, or --log.')
    }
    onlyOfRuns(flags, 'a symptom is looked up')
    return consult(windows === undefined ? linesOf(log as string) : [errorOf(windows)], json)
  }
  if (name === undefined) {
    throw new UsageError(
      'doctor wants a lab, a run file or a capture, or a symptom: --windows 619, or --log "LCP: timeout sending Config-Requests"',
    )
  }
  return report(name, isCapture(name) ? factsInCapture(name, flags) : await factsOfRun(name, flags), json)
}

/** What is cut short is read as far as it goes; that something is missing is said. */
function factsInCapture(name: string, flags: Flags): Facts {
  onlyOfRuns(flags, `${name} is a capture, which is read`)
  const decoded = decodeCapture(readBytes(name))
  const problems = problemLines({ ...decoded, problems: decoded.problems.filter(({ frame }) => frame === undefined) })
  if (decoded.frames.length === 0) {
    throw new UsageError(`${name} holds no frame: ${problems[0] ?? 'nothing was captured'}.`)
  }
  for (const problem of problems) err(`${name}: ${problem}; what stands there is not looked at.\n`)
  return factsOfCapture(decoded)
}

function onlyOfRuns({ seed, set, until }: Flags, why: string): void {
  const given = Object.entries({ seed, set, until }).find(([, value]) => value !== undefined)
  if (given) throw new UsageError(`--${given[0]} changes the run of a lab; ${why} as it is.`)
}

async function factsOfRun(name: string, flags: Flags): Promise<Facts> {
  const file = await readLab(name, overridesOf(flags))
  const lab = checkedLab(file)
  refuseOutside(lab, file)
  const run = new Run(lab, { ...replayOf(file, lab), ...untilOf(flags), fingerprint: false })
  const watch = new DoctorWatch(run)
  run.advance()
  return watch.facts()
}

function report(name: string, facts: Facts, json: boolean): number {
  const findings = examine(facts)
  const status = findings.length === 0 ? EXIT.good : EXIT.failed
  if (json) {
    const head = { type: 'doctor', t: 0, node: '', format: 1, of: facts.kind, name }
    const end = { type: 'result', t: facts.t, node: '', ok: findings.length === 0, findings: findings.length }
    out(`${[JSON.stringify(head), ...findings.map(findingJson), JSON.stringify(end)].join('\n')}\n`)
    return status
  }
  tell(findings.flatMap((finding: Finding, i) => [...findingLines(finding, i + 1, findings.length > 1), '']))
  out(`${summary(name, facts, findings.length)}\n`)
  return status
}

function summary(name: string, { cases, t, kind }: Facts, count: number): string {
  const tunnels = cases.filter(one => one.kind === 'tunnel').length
  const seen = `${tunnels} ${tunnels === 1 ? 'tunnel' : 'tunnels'} in ${formatTime(t).slice(0, -3)} s`
  if (count > 0) return `${name}: ${count === 1 ? 'one fault' : `${count} faults, the root first`}; ${seen}.`
  if (kind === 'capture' && cases.length === 0) return `${name}: no tunnel is in it, and no attempt at one.`
  const limit = kind === 'capture' ? ', as far as can be seen from where the capture was taken' : ''
  return `${name}: nothing is wrong${limit}; ${seen}.`
}

function tell(lines: readonly string[]): void {
  const width = terminalWidth()
  out(lines.map(line => `${wrap(line, width, line.search(/\S|$/) + 2)}\n`).join(''))
}

function consult(consulted: readonly Consulted[], json: boolean): number {
  if (json) out(consulted.map(one => `${consultedJson(one)}\n`).join(''))
  else tell(consulted.flatMap(one => [...consultedLines(one), '']))
  return consulted.some(one => 'symptom' in one) ? EXIT.failed : EXIT.good
}

function errorOf(text: string): Consulted {
  const found = /^\d{3}$/.test(text) ? ofWindows(Number(text)) : undefined
  if (found) return found
  const known = Object.keys(WINDOWS_SYMPTOMS).join(', ')
  throw new UsageError(`--windows wants the number of an error that PPTP may show: ${known}.`)
}

function linesOf(text: string): Consulted[] {
  const found = ofLog(existsSync(text) ? readText(text) : text)
  if (found.length > 0) return found
  throw new UsageError(
    'No line of it is known here. Useful are lines of pppd, pptp and pptpd from before "Modem hangup", such as --log "LCP: timeout sending Config-Requests", or a file with them: --log /var/log/syslog',
  )
}
