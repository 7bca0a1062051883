/** What is told of the machines of a tunnel: the drawn one with its timers, the others in a line each, what is inside the call. */
import type { SceneLayer, SceneTunnel } from '../../src/index.ts'
import { rule } from '../draw.ts'
import { ends, type Line, left, line, type Role, right, type Span, span } from '../text.ts'
import { seconds } from '../words.ts'
import { machineWords, stateName } from './machine.ts'
import { bar, spaced } from './timers.ts'

export const TITLES: Readonly<Record<SceneLayer['name'], string>> = {
  line: 'the telephone line',
  TCP: 'the TCP connection under it',
  ctl: 'PPTP control connection',
  call: 'PPTP call',
  LCP: 'PPP link set-up',
  auth: 'PPP authentication',
  CCP: 'PPP encryption',
  IPCP: 'PPP addresses',
}
export const WORDS: Readonly<Record<SceneLayer['name'], string>> = {
  line: 'line',
  TCP: 'TCP',
  ctl: 'control',
  call: 'call',
  LCP: 'LCP',
  auth: 'auth',
  CCP: 'CCP',
  IPCP: 'IPCP',
}

/** `√` open, `·` not begun, `n/10` tries, `~` opening, `×` failed. */
export function markOf({ mark, tries, maxTries }: SceneLayer): Span {
  if (mark === 'open') return span('√', 'ok')
  if (mark === 'failed') return span('×', 'bad')
  if (mark === 'absent') return span('-', 'muted')
  if (mark === 'idle') return span('·', 'muted')
  return span(tries > 1 ? `${tries}/${maxTries}` : '~', 'warn')
}

/**
 * `[Req-Sent] since 10.120 s   restart timer 2.820 s ■■■■■■■■■■■□   try 5 of 10`, and as much of the other timers and of the
 * counters as has room.
 */
export function stateLine(layer: SceneLayer, now: number, columns: number): Line {
  const role: Role | undefined =
    layer.mark === 'open' ? 'ok' : layer.mark === 'failed' ? 'bad' : layer.mark === 'idle' ? 'muted' : 'warn'
  const since = layer.since === undefined ? '' : ` since ${seconds(layer.since)} s`
  const parts: Span[] = [span(`  [${stateName(layer.state)}]`, role, { bold: true }), span(since)]
  if (layer.due !== undefined && layer.due > now) {
    const runs = layer.due - now
    parts.push(span(`   restart timer ${seconds(runs)} s `), bar(runs, 3e9))
  }
  if (layer.tries > 0) parts.push(span(`   try ${layer.tries} of ${layer.maxTries}`))
  const room = columns - parts.reduce((sum, { text }) => sum + text.length, 0) - 3
  const ids = layer.name === 'call' ? idWords(layer) : ''
  const numbers = numberWords(layer, now, room - (ids === '' ? 0 : ids.length + 2))
  const words = [ids, numbers].filter(each => each !== '').join(', ')
  return words === '' ? parts : [...parts, span(`   ${words}`, 'muted')]
}

/** `call ID 7, peer's 41`: the numbers that stand in the GRE packets of a call. */
function idWords({ facts: { callId, peerCallId } }: SceneLayer): string {
  if (callId === undefined) return ''
  return peerCallId === undefined ? `call ID ${callId}` : `call ID ${callId}, peer's ${peerCallId}`
}

/** `echo 29.920 s, id 3, sent 0`: timers first, whole pieces only. */
function numberWords({ timers, counters }: Pick<SceneLayer, 'timers' | 'counters'>, now: number, room: number): string {
  const due = Object.entries(timers)
    .filter(([name, t]) => name !== 'restart' && t >= now)
    .map(([name, t]) => `${spaced(name)} ${seconds(t - now)} s`)
  const counts = Object.entries(counters).map(([name, count]) => `${spaced(name)} ${count}`)
  let words = ''
  for (const piece of [...due, ...counts]) {
    const longer = words === '' ? piece : `${words}, ${piece}`
    if (longer.length > room) break
    words = longer
  }
  return words
}

/** Where there is room: the data path and the encryption, in a line each. */
export function insideLines({ inside }: SceneTunnel, now: number, columns: number): Line[] {
  return inside.map(machine => {
    const head = `  ${left(machine.name, 9)}[${stateName(machine.state)}]  `
    return [span(head), span(numberWords(machine, now, columns - head.length - 1), 'muted')]
  })
}

export function greLines({ gre, entry }: SceneTunnel, { name }: SceneLayer, columns: number, rows: number): Line[] {
  if (name !== 'call' || !gre || rows < 4) return []
  const { sent, acknowledged, received, lost, late, duplicates, held, timeOuts, window, waiting, rtt } = gre
  const out = `  out ${sent}, ${acknowledged} acknowledged, ${timeOuts} time-outs   window ${window}, ${waiting} waiting, rtt ${(rtt / 1e6).toFixed(1)} ms`
  const inside = `  in  ${received}, ${lost} lost, ${late} late, ${duplicates} double, ${held} held for their turn`
  return [[], rule(columns, [{ at: 0, title: `GRE packets of ${entry}` }]), line(out), line(inside)]
}

/** Where there is room: the latest changes of the drawn machine. */
export function historyLines({ name, entered }: SceneLayer, columns: number, rows: number): Line[] {
  const changes = entered.slice(1).map(({ state, t }, i): Line => {
    const time = right(seconds(t), 9)
    return [span(`${time}  `, 'muted'), span(`${stateName(entered[i].state)} → ${stateName(state)}`)]
  })
  const room = rows - 2
  if (room < 3 || changes.length === 0) return []
  return [[], rule(columns, [{ at: 0, title: `how ${WORDS[name]} came there` }]), ...changes.slice(-room)]
}

/** With a compulsory tunnel they are in two places; those of a caller from outside are the server's. */
export const othersTitle = ({ client, entry, kind, layers }: SceneTunnel): string => {
  const [first] = layers.filter(({ mark }) => mark !== 'absent')
  return `the other machines of ${first?.node ?? client}${kind === 'compulsory' ? ` and ${entry}` : ''}`
}

/** The other machines in a line each; those that wait for the same one together. */
export function otherLines({ layers }: SceneTunnel, drawn: SceneLayer, width: number): Line[] {
  const there = layers.filter(layer => layer !== drawn && layer.mark !== 'absent')
  const begun = there.filter(({ entered }) => entered.length > 0)
  const waiting = there.filter(({ entered }) => entered.length === 0)
  const lines = begun.map(layer => {
    const since = layer.since === undefined ? '' : `since ${seconds(layer.since)} s`
    const words = machineWords(layer, width - 13 - since.length - 3)
    const parts = words.split(/(\[[^\]]*\])/).map((part, i) => span(part, i === 1 ? markOf(layer).role : 'muted'))
    return ends([span(`  ${left(WORDS[layer.name], 9)}`), ...parts], [span(`${since} `, 'muted')], width)
  })
  if (waiting.length === 0) return lines
  const last = layers.slice(0, layers.indexOf(waiting[0])).findLast(({ mark }) => mark !== 'absent')
  const names = waiting.map(({ name }) => WORDS[name]).join(' ')
  const text = `· ${waiting.length === 1 ? 'it waits' : 'they wait'} ${last ? `for ${WORDS[last.name]}` : 'for the dialling'}`
  return [...lines, line(`  ${names.length < 9 ? left(names, 9) : `${names}  `}`, span(text, 'muted'))]
}
