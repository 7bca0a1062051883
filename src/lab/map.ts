/** Maps of the schema: every key known, and a sentence for every way to miss that. */
import * as v from 'valibot'
import { name, show } from './leaf.ts'

/** A strict object whose messages know what it is ("a link") and which keys it has. */
export function map<E extends v.ObjectEntries>(what: string, entries: E) {
  const known = Object.keys(entries)
  return mapsOnly(
    v.strictObject(entries, issue => {
      if (issue.expected === 'never') return `${show(issue.input)} is not a key of ${what}.\n?${known.join(' ')}`
      const missing = /^"(.*)"$/.exec(issue.expected ?? '')
      return missing ? `The key "${missing[1]}" is missing from ${what}.` : notMap(what, known)
    }),
  )
}

/** A map from names that the lab chooses. */
export const named = <V extends v.GenericSchema>(what: string, value: V, key = name(`The name of ${what}.`)) =>
  mapsOnly(v.record(key, value, `Here a map from names to ${what} must stand.`))

/** A map whose keys are any text. */
export const texts = <V extends v.GenericSchema>(what: string, value: V) =>
  mapsOnly(v.record(v.string(), value, `Here a map of ${what} must stand.`))

const notMap = (what: string, known: readonly string[]) =>
  `Here a map must stand, with the keys of ${what}.\nknown here: ${known.join(', ')}`

/** To valibot a list is an object too; to us it is no map. */
function mapsOnly<S extends v.GenericSchema>(schema: S): S {
  const run = schema['~run']
  return {
    ...schema,
    '~run'(dataset, config) {
      return run.call(this, Array.isArray(dataset.value) ? { ...dataset, value: undefined } : dataset, config)
    },
  } as S
}
