// node test/mutation/survivors.mjs REPORT.json...: writes survivors.md, the score of each file and the mutants that no test
// notices, from Stryker's reports and the reasons in reasons.mjs. There may be several reports, when the files were run in
// groups or survivors once more: of each mutant the last one counts. Tells of survivors without a reason, and of reasons
// without a survivor.

import { readFileSync, writeFileSync } from 'node:fs'
import { KINDS, REASONS } from './reasons.mjs'

const NOTICED = new Set(['Killed', 'Timeout'])
const COUNTED = new Set([...NOTICED, 'Survived', 'NoCoverage'])

const shorten = text => text.replace(/\s+/g, ' ').trim()
const clip = (text, most) => (text.length > most ? `${text.slice(0, most - 2)} …` : text)
const code = text => `\`${text.replaceAll('|', '\\|').replaceAll('`', '')}\``
const percent = (all, survivors) => `${((100 * (all - survivors)) / Math.max(1, all)).toFixed(1)} %`

/** What stands at the place of the mutant, and the whole lines. */
function place(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const whole = lines.join('\n')
  const behind = lines[lines.length - 1].length - (end.column - 1)
  return { text: shorten(whole.slice(start.column - 1, whole.length - behind)), line: shorten(whole) }
}

/** One reason for each place that is named. */
const reasons = REASONS.flatMap(([file, kind, why, ...places]) =>
  places.map(named => {
    const [at, from, to] = [named].flat()
    return { file, kind, why, at, from, to, used: false }
  }),
)
const explains = (one, name, line, text, to) =>
  one.file === name && line.includes(one.at) && (one.from ?? text) === text && (one.to ?? to) === to

const files = new Map()
for (const report of process.argv.slice(2)) {
  for (const [path, { source, mutants }] of Object.entries(JSON.parse(readFileSync(report, 'utf8')).files)) {
    const name = path.replace(/^.*\/|\.ts$/g, '')
    const before = files.get(name)
    const file = before?.source === source ? before : { source, mutants: new Map() }
    for (const one of mutants) file.mutants.set(JSON.stringify([one.location, one.replacement]), one)
    files.set(name, file)
  }
}

const kinds = new Map(Object.keys(KINDS).map(kind => [kind, 0]))
const scores = []
const rows = []
let unexplained = 0
for (const [name, { source, mutants }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const counted = [...mutants.values()].filter(({ status }) => COUNTED.has(status))
  const survivors = counted.filter(({ status }) => !NOTICED.has(status))
  scores.push({ name, all: counted.length, survivors: survivors.length })
  const order = ({ location: { start } }) => start.line * 1000 + start.column
  for (const { location, replacement } of survivors.sort((a, b) => order(a) - order(b))) {
    const { text, line } = place(source, location)
    const to = shorten(replacement)
    const reason = reasons.find(one => explains(one, name, line, text, to))
    if (reason) {
      reason.used = true
      kinds.set(reason.kind, kinds.get(reason.kind) + 1)
    } else {
      unexplained++
      console.log(`${name}:${location.start.line}  ${clip(line, 110)}\n    ${clip(text, 60)}  ->  ${clip(to, 60)}`)
    }
    const why = reason ? `${reason.kind}: ${reason.why}` : ''
    rows.push(`| ${name}:${location.start.line} | ${code(clip(text, 70))} → ${code(clip(to, 50))} | ${why} |`)
  }
}
for (const { file, at, used } of reasons) if (!used && files.has(file)) console.log(`no such survivor: ${file}  ${at}`)

const all = scores.reduce((sum, score) => sum + score.all, 0)
const survived = rows.length
console.log(`${percent(all, survived)} of ${all}; ${survived} survivors, ${unexplained} without a reason`)

writeFileSync(
  'test/mutation/survivors.md',
  `# Mutants of tcp-userspace that no test notices

Made by \`survivors.mjs\` from Stryker's report and \`reasons.mjs\`; see docs/decisions/012. Noticed: a test fails, or a loop
does not end.

| file | mutants | noticed | survivors |
| --- | --- | --- | --- |
${scores.map(one => `| ${one.name} | ${one.all} | ${percent(one.all, one.survivors)} | ${one.survivors} |`).join('\n')}
| **all** | ${all} | ${percent(all, survived)} | ${survived} |

Why they survive:

${[...kinds].map(([kind, count]) => `- **${kind}** (${count}): ${KINDS[kind]}`).join('\n')}

| where | what was changed | why it is not noticed |
| --- | --- | --- |
${rows.join('\n')}
`,
)
