/** `mppe` of a client or server: a word, or a map that also says which keys and how they go on. */
import * as v from 'valibot'
import type { Mppe, MppeSpec } from './lab.ts'
import { oneOf, show, type Wrong } from './leaf.ts'
import { map } from './map.ts'
import { child, type Issues, integer, items, type Tree, text } from './tree.ts'

type Long = Exclude<MppeSpec, Mppe>

export const MPPE = ['off', 'optional', 'required'] as const satisfies readonly Mppe[]
const STRENGTHS = [128, 56, 40] as const satisfies Long['strengths']
const STATES = ['stateless', 'stateful', 'either'] as const satisfies readonly Long['state'][]
const RESETS = ['rfc', 'linux'] as const satisfies readonly Long['reset'][]

export const DEFAULTS = { use: 'optional', strengths: [128], state: 'stateless' } as const

const strengthWrong = ({ input }: Wrong) =>
  `${show(input)} is no key length of MPPE.\nknown here: ${STRENGTHS.join(', ')}`

const strengths = v.pipe(
  v.array(
    v.picklist(STRENGTHS, strengthWrong),
    `Here a list of key lengths must stand.\nfor example [${STRENGTHS.join(', ')}]`,
  ),
  v.minLength(1, 'At least one key length is needed: without any nothing can be encrypted.\nor write use: off'),
  v.description('Key lengths in bits that may be used. The strongest that both ends have is taken.'),
)

const use = oneOf(MPPE, 'MPPE encryption: `required` ends a session without it.')

export const mppeSchema = v.pipe(
  v.union(
    [
      use,
      map('mppe', {
        use: v.optional(use, DEFAULTS.use),
        strengths: v.optional(strengths, [...DEFAULTS.strengths]),
        state: v.optional(
          oneOf(
            STATES,
            'A new key for every packet (stateless), or one key stream through 256 packets (stateful); `either` prefers stateless.',
          ),
          DEFAULTS.state,
        ),
        reset: v.optional(
          oneOf(
            RESETS,
            'Stateful mode, after a loss: `rfc` starts the key stream again, `linux` also changes the key and sends Reset-Ack.',
          ),
        ),
      }),
    ],
    'Here off, optional or required must stand, or a map with use, strengths, state and reset.',
  ),
  v.description('MPPE encryption: off, optional or required; or a map that also says with which keys.'),
)

/** What is not said, or said wrongly, is as usual. */
export function readMppe(tree: Tree | undefined): MppeSpec {
  if (tree?.kind !== 'map') return MPPE.find(known => known === text(tree)) ?? DEFAULTS.use
  const word = <T extends string>(key: string, known: readonly T[], usual: T): T =>
    known.find(one => one === text(child(tree, key))) ?? usual
  const listed = items(child(tree, 'strengths')).map(integer)
  const reset = RESETS.find(one => one === text(child(tree, 'reset')))
  const chosen = STRENGTHS.filter(one => listed.includes(one))
  return {
    use: word('use', MPPE, DEFAULTS.use),
    strengths: chosen.length > 0 ? chosen : DEFAULTS.strengths,
    state: word('state', STATES, DEFAULTS.state),
    ...(reset === undefined ? {} : { reset }),
  }
}

/** MPPE that is required needs an authentication that gives keys. */
export function checkKeys(tree: Tree | undefined, mppe: MppeSpec, auth: readonly string[], issues: Issues): void {
  const required = (typeof mppe === 'string' ? mppe : mppe.use) === 'required'
  if (!tree || !required || auth.length === 0 || auth.some(one => one.startsWith('ms-chap'))) return
  issues.value(
    child(tree, 'use') ?? tree,
    `MPPE takes its keys from MS-CHAP, and here only ${auth.join(' and ')} may be used.`,
    'add ms-chap-v2 to auth, or write mppe: off',
  )
}
