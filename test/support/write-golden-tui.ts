/** `npm run golden:tui`: look at every difference before it is committed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { rootPath } from './root.ts'
import { netGoldens } from './tui-net.ts'

mkdirSync(rootPath('test/golden/tui'), { recursive: true })
for (const [name, text] of netGoldens()) writeFileSync(rootPath(`test/golden/${name}`), text)
