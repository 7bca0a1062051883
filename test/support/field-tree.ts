/** Looking things up in a tree of fields. */
import type { Field } from '../../src/base/field.ts'

/** Every field with what is around it, outermost first. */
export function* walk(
  field: Field,
  above: readonly Field[] = [],
): Generator<{ field: Field; above: readonly Field[] }> {
  yield { field, above }
  for (const child of field.children ?? []) yield* walk(child, [...above, field])
}

/** The values of all fields of that name in layers of one of those names, in the order of the octets. */
export function values(tree: Field, layers: readonly string[], name: string): (string | number | boolean)[] {
  const out: (string | number | boolean)[] = []
  for (const { field, above } of walk(tree)) {
    const layer = above.at(-1)?.name ?? ''
    if (field.name === name && layers.includes(layer) && field.value !== undefined) out.push(field.value)
  }
  return out
}

/** The names of the frame's layers, those of what was put together included. */
export const layerNames = (tree: Field): string[] =>
  (tree.children ?? []).flatMap(child => (child.name === 'reassembled' ? layerNames(child) : [child.name]))
