/** `npm run golden:tui-views`: writes the views of today to test/golden/tui. Look at the diff before committing it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { rootPath } from './root.ts'
import { goldenFiles } from './tui-views.ts'

mkdirSync(rootPath('test/golden/tui'), { recursive: true })
for (const [name, text] of goldenFiles()) writeFileSync(rootPath(`test/golden/${name}`), text())
