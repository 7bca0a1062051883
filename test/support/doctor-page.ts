/** The tables of docs/doctor.md, made from the doctor's own data. */
import { CAUSES } from '../../src/diagnose/doctor/causes.ts'
import type { Next } from '../../src/diagnose/doctor/leaf.ts'
import { ROOTS, TREE } from '../../src/diagnose/doctor/tree.ts'
import { SHIPPED } from './shipped.ts'

export const DOCTOR_PAGE = 'docs/doctor.md'

const shown = (next: Next): string => {
  if (next === 'well') return 'nothing is wrong'
  return typeof next === 'string' ? `\`${next}\`` : `**${next.cause}**, ${next.sure}`
}

/** Depth first, so that what follows from a "yes" stands below it. */
function inOrder(): (keyof typeof TREE)[] {
  const order: (keyof typeof TREE)[] = []
  const visit = (next: Next | undefined): void => {
    if (typeof next !== 'string' || next === 'well' || order.includes(next)) return
    order.push(next)
    const { yes, no, unknown } = TREE[next]
    for (const each of [yes, unknown, no]) visit(each)
  }
  for (const root of Object.values(ROOTS)) visit(root)
  return order
}

function tree(): string {
  const rows = inOrder().map(name => {
    const { ask, yes, no, unknown } = TREE[name]
    const hidden = unknown === undefined ? '' : `; where it cannot be seen ${shown(unknown)}`
    return `| \`${name}\` | ${ask} | ${shown(yes)} | ${shown(no)}${hidden} |`
  })
  return ['| question | | yes | no |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function causes(): string {
  const rows = Object.entries<(typeof CAUSES)[keyof typeof CAUSES]>(CAUSES)
    .sort(([, a], [, b]) => a.rank - b.rank)
    .map(([name, { title, means, cure, lab }]) => {
      const link = lab === undefined || !SHIPPED.includes(lab) ? (lab ?? '') : `[${lab}](labs/${lab}.md)`
      return `| \`${name}\` | ${title}. ${means} | ${cure} | ${link} |`
    })
  return ['| cause | what it is | cure | lab |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** The page with its tables as they are today. */
export const withTables = (text: string): string =>
  text
    .replace(/(<!-- tree -->\n)[\s\S]*?(\n<!-- end -->)/, (_, begin: string, end: string) => `${begin}${tree()}${end}`)
    .replace(
      /(<!-- causes -->\n)[\s\S]*?(\n<!-- end -->)/,
      (_, begin: string, end: string) => `${begin}${causes()}${end}`,
    )
