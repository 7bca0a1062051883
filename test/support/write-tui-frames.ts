/** `npm run golden:tui-frames`: writes the whole screens of test/golden/tui. Look at the difference before you keep it. */
import { writeFileSync } from 'node:fs'
import { rootPath } from './root.ts'
import { fileOf, SHOT_NAMES, shotOf } from './tui-frames.ts'

for (const name of SHOT_NAMES) writeFileSync(rootPath(`test/golden/${fileOf(name)}`), await shotOf(name))
