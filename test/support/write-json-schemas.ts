/** `npm run schema:json` */
import { writeFileSync } from 'node:fs'
import { explainJsonSchemaText } from './explain-json-schema.ts'
import { labJsonSchemaText } from './lab-json-schema.ts'
import { rootPath } from './root.ts'
import { runJsonSchemaText } from './run-json-schema.ts'

writeFileSync(rootPath('topologies/lab.schema.json'), labJsonSchemaText())
writeFileSync(rootPath('docs/schema/run.schema.json'), runJsonSchemaText())
writeFileSync(rootPath('docs/schema/explain.schema.json'), explainJsonSchemaText())
