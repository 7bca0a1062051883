/** A small reader of XML as our pictures write it: every mistake in nesting, quoting or escaping is an error. */
import assert from 'node:assert/strict'

export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Element[]
  text: string
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

function unescaped(text: string): string {
  assert.doesNotMatch(text, /[<>]|&(?!(amp|lt|gt|quot);)/)
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/)
  return text.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name])
}

/** All elements, each before its children; the first is the root. */
export function elementsOf(text: string): Element[] {
  const all: Element[] = []
  const open: Element[] = []
  const rest = text.replace(/<(\/?)(\w+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/g, (_, ...found: string[]) => {
    const [closing, name, attributes, empty, words] = found
    if (words !== undefined) {
      const inside = open.at(-1)
      if (inside) inside.text += unescaped(words)
      else assert.equal(words.trim(), '')
    } else if (closing === '/') assert.equal(open.pop()?.name, name)
    else {
      const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(
        ([, key, value]) => [key, unescaped(value)] as const,
      )
      const element: Element = { name, attributes: new Map(pairs), children: [], text: '' }
      assert.equal(element.attributes.size, pairs.length)
      open.at(-1)?.children.push(element)
      all.push(element)
      if (empty !== '/') open.push(element)
    }
    return ''
  })
  assert.equal(rest, '', 'something is no XML')
  assert.deepEqual(open, [])
  return all
}
