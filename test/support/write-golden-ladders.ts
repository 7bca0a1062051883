/** `npm run golden:ladder`: look at every difference before it is committed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { GOLDEN_LADDERS, ladderTexts } from './ladders.ts'
import { rootPath } from './root.ts'

mkdirSync(rootPath('test/golden/ladder'), { recursive: true })
for (const [lab, seconds] of GOLDEN_LADDERS) {
  writeFileSync(rootPath(`test/golden/ladder/${lab}.txt`), ladderTexts(lab, seconds))
}
