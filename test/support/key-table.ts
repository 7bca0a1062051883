/** The keys of the terminal UI as a table of docs/tui.md, made from tui/keys.ts. */
import { KEYS, type KeyEntry, shown } from '../../tui/keys.ts'
import { GROUPS, viewsOf } from '../../tui/views/help.ts'

export const KEY_PAGE = 'docs/tui.md'

/** A backslash and an upright mean something in a table. */
const code = (key: string): string => (key === '`' ? '`` ` ``' : `\`${shown(key).replaceAll('|', '\\|')}\``)

export function keyTable(): string {
  const rows = (Object.keys(GROUPS) as KeyEntry['group'][]).flatMap(group =>
    KEYS.filter(entry => entry.group === group).map(entry => {
      const where = viewsOf(entry)
      const place = where === '' ? GROUPS[group] : where
      return `| ${entry.keys.map(code).join(' ')} | ${place} | ${entry.help} |`
    }),
  )
  return ['| keys | where | what they do |', '| --- | --- | --- |', ...rows].join('\n')
}

const PLACE = /(<!-- keys -->\n)[\s\S]*?(<!-- end -->)/
/** The page with the keys as they are today. */
export function withKeyTable(text: string): string {
  if (!PLACE.test(text)) throw new Error(`no place for the keys in ${KEY_PAGE}`)
  return text.replace(PLACE, (_, before: string, after: string) => `${before}\n${keyTable()}\n\n${after}`)
}
