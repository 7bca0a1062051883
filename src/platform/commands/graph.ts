/** `pptp-lab graph LAB`: the network of a lab as text, as a picture, or as a flowchart. */
import { writeFileSync } from 'node:fs'
import { graphMermaid, graphSvg, graphText, type Lab } from '../../index.ts'
import { checkedLab, overridesOf, readLab, writing } from '../files.ts'
import { out } from '../terminal.ts'
import { type Action, didYouMean, EXIT, UsageError } from '../usage.ts'
import { FORMATS } from './table.ts'

type Format = (typeof FORMATS)[number]
interface Given {
  readonly format?: string
  readonly output?: string
  readonly ascii?: boolean
  readonly set?: readonly string[]
}

export const graph: Action = async ([name], options) => {
  const { output, ascii = false, ...given } = options as Given
  const format = given.format === undefined ? formatOf(output) : await known(given.format)
  if (ascii && format !== 'text') throw new UsageError(`--ascii is for text: ${format} has no boxes of characters.`)
  const drawing = draw(checkedLab(await readLab(name, overridesOf(given))), format, ascii)
  if (output === undefined) out(drawing)
  else writing(output, () => writeFileSync(output, drawing))
  return EXIT.good
}

function draw(lab: Lab, format: Format, ascii: boolean): string {
  if (format === 'svg') return graphSvg(lab)
  return format === 'mermaid' ? graphMermaid(lab) : graphText(lab, { ascii })
}

async function known(word: string): Promise<Format> {
  const format = FORMATS.find(each => each === word)
  if (format !== undefined) return format
  const all = `The formats: ${FORMATS.join(', ')}.`
  throw new UsageError(`There is no format ${word}. ${await didYouMean(word, FORMATS, all)}`)
}

/** What the name of the output asks for. */
function formatOf(output = ''): Format {
  if (/\.svg$/i.test(output)) return 'svg'
  return /\.(mmd|mermaid)$/i.test(output) ? 'mermaid' : 'text'
}
