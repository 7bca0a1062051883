/** The part of the fault tree about telephone calls. */
import { type Branch, LEFT_OVER, leaf, told } from './leaf.ts'

export const DIAL_TREE = {
  'line-busy': {
    ask: 'Does the network say that the line is busy (cause 17 or 34)?',
    yes: leaf('lines-busy', 'certain', 'the release has the cause'),
    no: 'line-silent',
  },
  'line-silent': {
    ask: 'Does it say that nobody answers?',
    yes: leaf('no-answer', 'certain', 'the release has the cause'),
    no: 'line-unknown',
  },
  'line-unknown': {
    ask: 'Does it say that there is no such number?',
    yes: leaf('wrong-number', 'certain', 'the release has the cause'),
    no: 'line-rejected',
  },
  'line-rejected': {
    ask: 'Were name and password refused?',
    yes: told('wrong-password'),
    no: 'line-explained',
  },
  'line-explained': {
    ask: 'Does a tunnel of the access server explain it?',
    yes: 'well',
    no: leaf('line-failed', 'possible', LEFT_OVER),
  },
} as const satisfies Readonly<Record<string, Branch>>
