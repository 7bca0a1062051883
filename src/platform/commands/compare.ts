/** `pptp-lab compare nat`: every kind of NAT box against every number of clients, one small lab for each. */
import { writeFileSync } from 'node:fs'
import { labText, natZoo, ZOO_CASES, ZOO_REASONS, zooHtml, zooLab, zooName, zooSvg, zooTable } from '../../index.ts'
import { writing } from '../files.ts'
import { out } from '../terminal.ts'
import { type Action, didYouMean, EXIT, UsageError } from '../usage.ts'
import { COMPARISONS } from './table.ts'

interface Given {
  readonly json?: boolean
  readonly verbose?: boolean
  readonly svg?: string
  readonly html?: string
  readonly cell?: string
}

export const compare: Action = async ([what], options) => {
  if (!COMPARISONS.some(each => each === what)) {
    const hint = await didYouMean(what, COMPARISONS, `What can be compared: ${COMPARISONS.join(', ')}.`)
    throw new UsageError(`pptp-lab does not compare ${what}. ${hint}`)
  }
  const { json = false, verbose = false, svg, html, cell } = options as Given
  if (cell !== undefined) {
    const other = Object.keys(options).find(key => key !== 'cell')
    if (other !== undefined) {
      throw new UsageError(`--cell prints the lab of one cell, which is not run: --${other} does not go with it.`)
    }
    out(labText(zooLab(await caseOf(cell))))
    return EXIT.good
  }
  const cells = natZoo()
  if (svg !== undefined) writing(svg, () => writeFileSync(svg, zooSvg(cells, ZOO_REASONS)))
  if (html !== undefined) writing(html, () => writeFileSync(html, zooHtml(cells, ZOO_REASONS)))
  if (json) for (const each of cells) out(`${JSON.stringify({ type: 'nat-zoo', ...each })}\n`)
  else if (svg === undefined && html === undefined) out(zooTable(cells, ZOO_REASONS, verbose))
  return EXIT.good
}

async function caseOf(name: string) {
  const found = ZOO_CASES.find(each => zooName(each) === name)
  if (found) return found
  const names = ZOO_CASES.map(zooName)
  throw new UsageError(`There is no cell ${name}. ${await didYouMean(name, names, `One of them: ${names[0]}`)}`)
}
