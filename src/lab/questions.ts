/** `ask` of a lab file: its keys, and what they mean for the checks. Asking itself is in `ask.ts`. */
import * as v from 'valibot'
import { formatDuration, type SimTime } from '../base/time.ts'
import { latestOf } from './ask.ts'
import type { Check, Question } from './lab.ts'
import { duration, words } from './leaf.ts'
import { map } from './map.ts'
import { suggest } from './nearest.ts'
import { child, entries, type Issues, items, type Tree, text } from './tree.ts'

/** More than these nobody weighs, and they would not fit on a screen of 24 lines. */
const MOST_ANSWERS = 6

export const questionSchema = v.pipe(
  map('a question', {
    at: v.optional(duration('When it is asked: before anything happens at that moment.')),
    before: v.optional(words('It is about this check, and asked when what that looks at begins.', 100)),
    shows: v.optional(words('The check that passes where `correct` is right: then the answer is judged.', 100)),
    text: words('The question.', 400),
    answers: v.pipe(
      v.array(words('An answer.', 120), 'Here a list of answers must stand.'),
      v.minLength(2, 'A question needs at least two answers to choose from.'),
      v.maxLength(MOST_ANSWERS, `A question has at most ${MOST_ANSWERS} answers to choose from.`),
      v.description('What to choose from.'),
    ),
    correct: words('The right one of the answers.', 120),
    because: words('The reason, told afterwards.'),
    hint: v.optional(words('Help for those who ask for it.', 400)),
  }),
  v.description('A question for the class.'),
)

/** What a question is read against. */
interface Around {
  readonly issues: Issues
  /** A moment within the run; what is none is reported. */
  moment(tree: Tree | undefined): SimTime | undefined
  /** The good ones of the lab. */
  readonly checks: readonly Check[]
}

export function readQuestions(lab: Tree, around: Around): Question[] {
  const questions = items(child(lab, 'ask')).map(tree => readQuestion(lab, tree, around))
  return questions.filter(question => question !== undefined)
}

function readQuestion(lab: Tree, tree: Tree, { issues, moment, checks }: Around): Question | undefined {
  const { answers, correct } = readAnswers(tree, issues)
  const [at, before, shows] = ['at', 'before', 'shows'].map(key => child(tree, key))
  if (tree.kind === 'map' && (at === undefined) === (before === undefined)) {
    issues.value(tree, 'A question is asked either `at` a moment or `before` the verdict of a check.')
    return undefined
  }
  const names = entries(child(lab, 'expect')).map(([name]) => name)
  const named = (key: Tree | undefined): string | undefined => {
    const name = text(key)
    if (key && name !== undefined && !names.includes(name)) {
      issues.value(key, `There is no check ${name}.`, suggest(name, names))
    }
    return name
  }
  const [about, shown] = [named(before), named(shows)]
  if (about !== undefined && shows) {
    issues.key(shows, `A question \`before\` the verdict of ${about} is about that check; leave \`shows\` out.`)
  }
  const t = moment(at)
  const check = checks.find(({ name }) => name === shown)
  if (at && t !== undefined && check && t > latestOf(check)) {
    const verdict = formatDuration(latestOf(check))
    issues.value(at, `The verdict of ${check.name} falls at ${verdict}, before this is asked.`)
  }
  const when = about !== undefined ? { before: about } : t !== undefined ? { at: t } : undefined
  const [words, because, hint] = ['text', 'because', 'hint'].map(key => text(child(tree, key)))
  if (!when || words === undefined || correct === undefined || because === undefined) return undefined
  const told = { ...(shown === undefined ? {} : { shows: shown }), ...(hint === undefined ? {} : { hint }) }
  return { when, text: words, answers, correct, because, ...told }
}

function readAnswers(tree: Tree, issues: Issues): { answers: string[]; correct: string | undefined } {
  const correctTree = child(tree, 'correct')
  const correct = text(correctTree)
  const trees = items(child(tree, 'answers'))
  const answers = trees.map(answer => text(answer) ?? '')
  if (correctTree && correct !== undefined && answers.length > 1 && !answers.includes(correct)) {
    issues.value(correctTree, `"${correct}" is none of the answers.`, suggest(correct, answers))
  }
  for (const [i, answer] of answers.entries()) {
    if (answers.indexOf(answer) < i) issues.value(trees[i], `The answer "${answer}" is offered twice.`)
  }
  return { answers, correct }
}
