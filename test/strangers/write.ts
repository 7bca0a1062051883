/** `npm run docs:tcp-strangers`: plays the whole grid and writes what was measured into docs/tcp.md. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { rootPath } from '../support/root.ts'
import { CELLS } from './cells.ts'
import { playStrangers } from './strangers.ts'
import { tables } from './table.ts'

const PAGE = rootPath('docs/tcp.md')
const BEGIN = '<!-- npm run docs:tcp-strangers -->\n'
const END = '<!-- end -->\n'

const page = readFileSync(PAGE, 'utf8')
const begin = page.indexOf(BEGIN)
const end = page.indexOf(END, begin)
if (begin < 0 || end < 0) throw new Error(`${PAGE} has no place for the tables`)
const measured = await playStrangers()
if (measured.length === CELLS.length) {
  const tshark = /\d+\.\d+\.\d+/.exec(spawnSync('tshark', ['--version'], { encoding: 'utf8' }).stdout)
  const made = `Linux ${release().split('-')[0]} with \`reno\` and without SACK compression, tshark ${tshark}.\n\n`
  writeFileSync(PAGE, page.slice(0, begin + BEGIN.length) + made + tables(measured) + page.slice(end))
}
