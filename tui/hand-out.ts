/** What leaves the program: text for the clipboard of the terminal, and new files. Both say what they have done. */
import { type CopyKind, copied, copiedFrom } from './copy.ts'
import { type ExportKind, filesOf, type WriteNew } from './export.ts'
import type { Model } from './model.ts'
import type { Session } from './session.ts'
import type { Line } from './text.ts'

/** Characters that go to a clipboard: xterm takes about so many. */
const CLIPBOARD = 70_000

/** `linesOf`: the view of a model as it is drawn; `put`: to the clipboard. */
export function copyOut(
  kind: CopyKind,
  seen: Model,
  linesOf: (model: Model) => readonly Line[],
  put: (text: string) => void,
): string {
  const model = copiedFrom(seen)
  const text = copied(kind, model, () => linesOf(model))
  if (text === undefined || text === '') return 'Nothing is selected that could be copied.'
  if (text.length > CLIPBOARD) return `That is ${text.length} characters; a terminal takes ${CLIPBOARD} at most.`
  put(text)
  return `Copied, if the terminal lets it: ${text}`
}

/** `screen`: the lines of the whole screen; `write` is absent where files cannot be written. */
export function writeOut(
  kind: ExportKind,
  session: Session,
  model: Model,
  screen: () => readonly Line[],
  write: WriteNew | undefined,
): string {
  if (!write) return 'Files cannot be written here.'
  const files = filesOf(kind, session, model, screen)
  try {
    const names = files.map(({ name, content }) => write(name, content))
    return names.length === 1 ? `Written: ${names[0]}` : `${names.length} files: ${names.join(', ')}`
  } catch (error) {
    return (error as Error).message
  }
}
