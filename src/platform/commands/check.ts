/** `pptp-lab check LAB...`: every problem of every file, and what looks like a mistake; nothing is run. */
import { type Loaded, loadWith, renderIssue, renderIssues } from '../../index.ts'
import { actionsOf, parseOverride, readLab } from '../files.ts'
import { err, out, paint } from '../terminal.ts'
import { type Action, EXIT, UsageError } from '../usage.ts'

export const check: Action = async (names, { set = [] }) => {
  const overrides = (set as readonly string[]).map(parseOverride)
  let status: number = EXIT.good
  for (const name of names) {
    try {
      const file = await readLab(name, overrides)
      tell(name, loadWith(file, actionsOf(file)))
    } catch (error) {
      // One bad file keeps nobody from hearing about the others.
      if (!(error instanceof UsageError)) throw error
      err(`${error.message}\n`)
      status = EXIT.usage
    }
  }
  return status
}

function tell(name: string, loaded: Loaded): void {
  if (!loaded.ok) throw new UsageError(renderIssues(loaded.issues))
  const { nodes, links, checks } = loaded.lab
  for (const warning of loaded.warnings) out(`${paint('yellow', 'warning')}: ${renderIssue(warning)}\n`)
  const counts = [many(nodes.length, 'node'), many(links.length, 'link'), many(checks.length, 'check')]
  out(`${name}: ${paint('green', 'good')}, ${counts.join(', ')}\n`)
}

const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
