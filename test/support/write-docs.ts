/** `npm run docs:update` */
import { mkdirSync, writeFileSync } from 'node:fs'
import { conformance } from './conformance.ts'
import { checkedCommands, page, pages, withFreshOutput } from './docs.ts'
import { DOCTOR_PAGE, withTables } from './doctor-page.ts'
import { hostilePage } from './hostile-pptp.ts'
import { KEY_PAGE, withKeyTable } from './key-table.ts'
import { LINE_TABLE, withLineTable } from './line-table.ts'
import { PICTURES, pictureOfShipped } from './pictures.ts'
import { rootPath } from './root.ts'
import { SHIPPED } from './shipped.ts'

writeFileSync(rootPath('docs/conformance.md'), conformance())
writeFileSync(rootPath('docs/hostile-pptp.md'), hostilePage())
writeFileSync(rootPath(DOCTOR_PAGE), withTables(page(DOCTOR_PAGE)))
writeFileSync(rootPath(KEY_PAGE), withKeyTable(page(KEY_PAGE)))
writeFileSync(rootPath(LINE_TABLE), withLineTable(page(LINE_TABLE)))
mkdirSync(rootPath(PICTURES), { recursive: true })
for (const lab of SHIPPED) writeFileSync(rootPath(`${PICTURES}/${lab}.svg`), pictureOfShipped(lab))
for (const path of pages()) {
  const text = page(path)
  if (checkedCommands(text).length === 0) continue
  const fresh = withFreshOutput(text, { zone: 'UTC', locale: 'C' })
  if (fresh === text) continue
  writeFileSync(rootPath(path), fresh)
  console.log(`${path} is new`)
}
