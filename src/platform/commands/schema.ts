/** `pptp-lab schema`: the JSON Schema of lab files. */
import { readText } from '../files.ts'
import { schemaFile } from '../package.ts'
import { out } from '../terminal.ts'
import { type Action, EXIT } from '../usage.ts'

export const schema: Action = () => {
  out(readText(schemaFile()))
  return EXIT.good
}
