/** `npm run schema:json` */
import { writeFileSync } from 'node:fs'
import { labJsonSchemaText } from './lab-json-schema.ts'
import { rootPath } from './root.ts'

writeFileSync(rootPath('topologies/lab.schema.json'), labJsonSchemaText())
