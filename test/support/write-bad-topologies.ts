/** `npm run bad-topologies`: writes the messages of today beside the files. Read the diff before committing it. */
import { writeFileSync } from 'node:fs'
import { badPath, badTopologies, complaints } from './bad-topologies.ts'

for (const name of badTopologies()) {
  writeFileSync(badPath(name.replace('.yaml', '.expected')), complaints(name) ?? 'nothing is wrong with it\n')
}
