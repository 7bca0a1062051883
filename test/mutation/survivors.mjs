// node test/mutation/survivors.mjs REPORT.json...: writes survivors.md and the score for each file, from Stryker's reports
// (several, when the files were run in groups) and the reasons in reasons.mjs. A survivor without a reason, or a reason
// without a survivor, is told and makes it fail.

import { readFileSync, writeFileSync } from 'node:fs'
import { KINDS, REASONS } from './reasons.mjs'

const NOTICED = new Set(['Killed', 'Timeout'])
const COUNTED = new Set([...NOTICED, 'Survived', 'NoCoverage'])

/** What stands at the place of the mutant, and on its lines around it; the spaces shortened. */
function place(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const last = lines.length - 1
  const tail = lines[last].slice(end.column - 1)
  const before = lines[0].slice(0, start.column - 1)
  lines[last] = lines[last].slice(0, end.column - 1)
  lines[0] = lines[0].slice(start.column - 1)
  const text = shorten(lines.join(' '))
  return { text, line: shorten(before + lines.join(' ') + tail) }
}
const shorten = text => text.replace(/\s+/g, ' ').trim()
const clip = (text, most) => (text.length > most ? `${text.slice(0, most - 2)} …` : text)
const code = text => `\`${text.replaceAll('|', '\\|').replaceAll('`', '')}\``

const files = new Map()
for (const report of process.argv.slice(2)) {
  for (const [path, file] of Object.entries(JSON.parse(readFileSync(report, 'utf8')).files)) {
    files.set(path.replace('src/tcp-userspace/', '').replace('.ts', ''), file)
  }
}

const used = new Set()
const unexplained = []
const kinds = new Map(Object.keys(KINDS).map(kind => [kind, 0]))
const scores = []
const rows = []
for (const [name, { source, mutants }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const counted = mutants.filter(({ status }) => COUNTED.has(status))
  const survivors = counted.filter(({ status }) => !NOTICED.has(status))
  scores.push({ name, all: counted.length, survivors: survivors.length })
  survivors.sort(
    (a, b) => a.location.start.line - b.location.start.line || a.location.start.column - b.location.start.column,
  )
  for (const { location, replacement } of survivors) {
    const { text, line } = place(source, location)
    const to = shorten(replacement)
    const reason = REASONS.find(
      one =>
        one.file === name && line.includes(one.at) && (!one.from || one.from === text) && (!one.to || one.to === to),
    )
    if (!reason)
      unexplained.push(`${name}:${location.start.line}  ${clip(line, 100)}\n    ${clip(text, 60)}  ->  ${clip(to, 60)}`)
    else {
      used.add(reason)
      kinds.set(reason.kind, kinds.get(reason.kind) + 1)
    }
    const why = reason ? `${reason.kind}: ${reason.why}` : ''
    rows.push(`| ${name}:${location.start.line} | ${code(clip(text, 70))} → ${code(clip(to, 50))} | ${why} |`)
  }
}

const all = scores.reduce((sum, score) => sum + score.all, 0)
const lost = scores.reduce((sum, score) => sum + score.survivors, 0)
const percent = (of, survivors) => `${(of === 0 ? 100 : (100 * (of - survivors)) / of).toFixed(1)} %`
const table = scores.map(one => `| ${one.name} | ${one.all} | ${percent(one.all, one.survivors)} | ${one.survivors} |`)

writeFileSync(
  'test/mutation/survivors.md',
  `# Mutants of tcp-userspace that no test notices

Made by \`survivors.mjs\` from Stryker's report and \`reasons.mjs\`; see docs/decisions/012. Noticed: a test fails, or a loop
does not end.

| file | mutants | noticed | survivors |
| --- | --- | --- | --- |
${table.join('\n')}
| **all** | ${all} | ${percent(all, lost)} | ${lost} |

Kinds:

${[...kinds].map(([kind, count]) => `- **${kind}** (${count}): ${KINDS[kind]}`).join('\n')}

| where | what was changed | why it is not noticed |
| --- | --- | --- |
${rows.join('\n')}
`,
)
console.log(`${percent(all, lost)} of ${all}; ${lost} survivors, ${unexplained.length} without a reason`)
for (const text of unexplained) console.log(text)
for (const one of REASONS)
  if (!used.has(one) && files.has(one.file)) console.log(`no survivor any more: ${one.file}  ${one.at}`)
if (unexplained.length > 0) process.exitCode = 1
