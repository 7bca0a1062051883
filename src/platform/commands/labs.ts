/** `pptp-lab labs`: the labs that come with the program. */
import { besides, checkedLab, readText } from '../files.ts'
import { shippedLabs } from '../package.ts'
import { out, paint, terminalWidth, wrap } from '../terminal.ts'
import { type Action, EXIT } from '../usage.ts'

export const labs: Action = (_, { json }) => {
  const all = shippedLabs().map(({ name, path }) => {
    const { description, nodes } = checkedLab({
      text: readText(path),
      file: path,
      overrides: [],
      readFile: besides(path),
    })
    return { name, description, nodes: nodes.length }
  })
  const width = Math.max(...all.map(lab => lab.name.length))
  const screen = terminalWidth()
  for (const lab of all) {
    const line = wrap(`${lab.name.padEnd(width)}  ${lab.description}`, screen, width + 2)
    const shown = `${paint('bold', line.slice(0, width))}${line.slice(width)}`
    out(`${json ? JSON.stringify({ type: 'lab', ...lab }) : shown}\n`)
  }
  return EXIT.good
}
