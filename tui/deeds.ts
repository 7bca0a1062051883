/**
 * What was done to a run: a list of entries of `events`, which can be taken back and done again. The run that knows them
 * from the beginning is the same as the one to which they were done.
 */
import {
  describeAction,
  formatDuration,
  type Issue,
  type Lab,
  type LabText,
  loadWith,
  type SimTime,
  savedLab,
} from '../src/index.ts'

/** One thing to do: an entry without its time, `disconnect: alice`. */
export interface Deed {
  readonly entry: string
  /** So much later than the moment at which it is done; absent: at once. */
  readonly after?: number
  /** At this moment. */
  readonly at?: SimTime
}

/** What was done at once: entries as they would stand in the file. */
export interface Done {
  readonly t: SimTime
  readonly entries: readonly string[]
  /** `alice clears its call`. */
  readonly words: string
}

/** What has come of something, as a sentence. */
export interface Told {
  readonly ok: boolean
  readonly message: string
}

const NOTE = /^\{ at: \S+ note:/

export class Deeds {
  source: LabText
  /** With all that was done. */
  lab: Lab
  #done: readonly Done[]
  #undone: readonly Done[] = []
  /** As it was last written to a file, or read from one. */
  #kept: string
  /** That file, if it is one of the user. */
  keptIn: string | undefined

  /** `lab` is what `source` and `entries` make. */
  constructor(source: LabText, lab: Lab, entries: readonly string[]) {
    this.source = source
    this.lab = lab
    this.#done = entries.map(entry => ({ t: 0, entries: [entry], words: entry }))
    this.#kept = this.#image
    this.keptIn = /\.ya?ml$/.test(source.file) ? source.file : undefined
  }

  get done(): readonly Done[] {
    return this.#done
  }
  get undone(): readonly Done[] {
    return this.#undone
  }
  /** From when on the run may differ from that of the lab as written; infinity: never. A note changes nothing. */
  get since(): SimTime {
    const acts = this.#done.filter(({ entries }) => !entries.every(entry => NOTE.test(entry)))
    return Math.min(Number.POSITIVE_INFINITY, ...acts.map(({ t }) => t))
  }
  /** Whether they stand in no file. */
  get unsaved(): boolean {
    return this.#image !== this.#kept
  }
  get #image(): string {
    return JSON.stringify(this.#entries)
  }
  get #entries(): readonly string[] {
    return this.#done.flatMap(({ entries }) => entries)
  }

  /** The lab with these deeds too, done at `t`; or what is wrong with them. */
  with(deeds: readonly Deed[], t: SimTime): { readonly lab: Lab; readonly done: Done } | string {
    const entries = deeds.map(deed => `{ at: ${formatDuration(momentOf(deed, t))}, ${deed.entry} }`)
    const loaded = loadWith(this.source, [...this.#entries, ...entries])
    if (!loaded.ok) return sentenceOf(loaded.issues)
    const { lab } = loaded
    const words = deeds.map(deed => {
      const moment = momentOf(deed, t)
      const action = actionAt(lab, moment)
      const what = action ? describeAction(action) : deed.entry
      return moment === t ? what : `at ${formatDuration(moment)} ${what}`
    })
    return { lab, done: { t, entries, words: words.join('; ') } }
  }

  /** They have been done. */
  add({ lab, done }: { readonly lab: Lab; readonly done: Done }): void {
    this.lab = lab
    this.#done = [...this.#done, done]
    this.#undone = []
  }

  /** What was done up to a moment, for a future that goes another way from there. */
  until(t: SimTime): Deeds | string {
    return this.#other(this.#done.filter(done => done.t <= t))
  }

  /** With something else done before. */
  after(deeds: readonly Deed[], t: SimTime): Deeds | string {
    const made = this.with(deeds, t)
    return typeof made === 'string' ? made : this.#other([...this.#done, made.done])
  }

  #other(done: readonly Done[]): Deeds | string {
    const entries = done.flatMap(each => each.entries)
    const loaded = loadWith(this.source, entries)
    if (!loaded.ok) return sentenceOf(loaded.issues)
    const other = new Deeds(this.source, loaded.lab, entries)
    other.#done = done
    other.#kept = this.#kept
    other.keptIn = this.keptIn
    return other
  }

  undo(): Done | undefined {
    const last = this.#done.at(-1)
    if (!last) return undefined
    this.#become(this.#done.slice(0, -1))
    this.#undone = [...this.#undone, last]
    return last
  }

  redo(): Done | undefined {
    const last = this.#undone.at(-1)
    if (!last) return undefined
    this.#become([...this.#done, last])
    this.#undone = this.#undone.slice(0, -1)
    return last
  }

  #become(done: readonly Done[]): void {
    const loaded = loadWith(
      this.source,
      done.flatMap(({ entries }) => entries),
    )
    if (!loaded.ok) throw new Error(sentenceOf(loaded.issues))
    this.#done = done
    this.lab = loaded.lab
  }

  /** Another text, or other overrides, with the same done to it; what is wrong with it. */
  move(source: LabText): string | undefined {
    const loaded = loadWith(source, this.#entries)
    if (!loaded.ok) return sentenceOf(loaded.issues)
    this.source = source
    this.lab = loaded.lab
    return undefined
  }

  /** The lab file with all that was done, how many values stand in a comment only, and what is left out; `name`: of that lab. */
  text(name?: string): {
    readonly text: string
    readonly apart: number
    readonly questions: number
    readonly checks: number
  } {
    const saved = savedLab(this.source, this.#entries, name)
    if (!saved.ok) throw new Error(sentenceOf(saved.issues))
    const { text, apart, left } = saved
    return { text, apart: apart.length, questions: left.questions, checks: left.checks.length }
  }

  /** It is in a file now. */
  kept(file: string): void {
    this.#kept = this.#image
    this.keptIn = file
  }
}

export const momentOf = ({ at, after = 0 }: Deed, t: SimTime): SimTime => at ?? t + after

/** The last action at a moment: what was added stands behind the others. */
export const actionAt = (lab: Lab, t: SimTime): Lab['events'][number] | undefined =>
  lab.events.findLast(({ at }) => at === t)

/** The first thing that is wrong, with what would be right. */
export function sentenceOf([issue]: readonly Issue[]): string {
  if (!issue) return 'Something is wrong here.'
  const place = /^action \d+$/.test(issue.file) ? '' : `${issue.file}:${issue.line}:${issue.column}: `
  const hint = issue.hint === undefined ? '' : ` ${issue.hint[0].toUpperCase()}${issue.hint.slice(1)}`
  return `${place}${issue.message}${hint}${/[.?!]$/.test(hint || issue.message) ? '' : '.'}`
}
