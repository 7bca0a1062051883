/** Labs on a disk, for what the interface asks of them: saving, reading again, other random numbers. */
import type { LabText } from '../src/index.ts'
import type { Told } from './deeds.ts'
import type { Session } from './session.ts'

/** What the program may do with files. */
export interface Disk {
  /** The lab as its file is now; or why it cannot be read. */
  readAgain(lab: LabText): LabText | string
  /** Writes a lab file, and over one that is there only if `replace`; what is against it. */
  write(name: string, text: string, replace: boolean): string | undefined
}

/** A lab bears the name of its file: `old-router` of `labs/old router.yaml`; undefined: no such name can be made of it. */
export function labNameOf(file: string): string | undefined {
  const name = file
    .replace(/^.*[/\\]/, '')
    .replace(/\.ya?ml$/, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 31)
  return /^[A-Za-z]/.test(name) ? name : undefined
}

/** What a lab that comes with the program may be called once it is the user's own: `my-voluntary.yaml`, then `my-voluntary-2.yaml`. */
export function ownFile(lab: string): string {
  if (!lab.startsWith('my-')) return `my-${lab}.yaml`
  const count = /-(\d+)$/.exec(lab)
  return count ? `${lab.slice(0, count.index)}-${Number(count[1]) + 1}.yaml` : `${lab}-2.yaml`
}

export class Files {
  readonly #disk: Disk

  constructor(disk: Disk) {
    this.#disk = disk
  }

  save(session: Session, name: string, replace: boolean): Told {
    const { deeds } = session
    if (!deeds) return { ok: false, message: 'This run has no lab file, so there is nothing to save.' }
    const { text, apart, questions, checks } = deeds.text(labNameOf(name))
    const problem = this.#disk.write(name, text, replace)
    if (problem !== undefined) return { ok: false, message: problem }
    session.kept(name)
    const values =
      apart === 0 ? '' : ` ${apart === 1 ? 'One value is' : `${apart} values are`} told in its first lines only.`
    const beside = deeds.lab.files.size === 0 ? '' : ` It needs ${[...deeds.lab.files.keys()].join(', ')} beside it.`
    const left = leftWords(questions, checks)
    return { ok: true, message: `${name} is written${left}: pptp-lab tui ${name} opens it.${values}${beside}` }
  }

  reload(session: Session): Told {
    const { deeds } = session
    if (!deeds) return { ok: false, message: 'This run has no lab file.' }
    const text = this.#disk.readAgain(deeds.source)
    if (typeof text === 'string') return { ok: false, message: text }
    const told = session.move(text)
    return told.ok ? { ok: true, message: `${text.file} is read again, and its run is where it was.` } : told
  }

  seed(session: Session, seed: number): Told {
    const { deeds } = session
    if (!deeds) return { ok: false, message: 'This run has no lab file.' }
    const others = (deeds.source.overrides ?? []).filter(({ path }) => path !== 'seed')
    const overrides = [...others, { path: 'seed', value: String(seed) }]
    const explain = `${session.explain.replace(/ --seed \d+/, '')} --seed ${seed}`
    const told = session.move({ ...deeds.source, overrides }, explain)
    return told.ok ? { ok: true, message: `The same lab with seed ${seed}, at the same time.` } : told
  }
}

/** `; 2 questions and 1 check no longer hold, and are not in it` */
function leftWords(questions: number, checks: number): string {
  const count = (many: number, what: string): string[] =>
    many === 0 ? [] : [`${many} ${what}${many === 1 ? '' : 's'}`]
  const left = [...count(questions, 'question'), ...count(checks, 'check')]
  if (left.length === 0) return ''
  return `; ${left.join(' and ')} no longer ${questions + checks === 1 ? 'holds, and is' : 'hold, and are'} not in it`
}
