/** `npm run tcp:dynamics`: measures again what docs/tcp.md shows. The same everywhere, for the time is virtual. */
import { readFileSync, writeFileSync } from 'node:fs'
import { LONG, QUICK, withMeasured } from './dynamics/tables.ts'

const PAGE = new URL('../../docs/tcp.md', import.meta.url)

let page = readFileSync(PAGE, 'utf8')
for (const [name, make] of Object.entries({ ...QUICK, ...LONG })) {
  const text = make()
  console.log(`${name}\n\n${text}\n`)
  page = withMeasured(page, name, text)
}
writeFileSync(PAGE, page)
