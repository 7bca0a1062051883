/** The reference pages are complete and say what the tables of the source say. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { DROP_REASONS } from '../../src/base/drop.ts'
import { MALFORMED } from '../../src/base/result.ts'
import { sec } from '../../src/base/time.ts'
import { EVENTS, type EventName } from '../../src/base/trace.ts'
import { TUNNEL_END_REASONS, TUNNEL_LAYERS } from '../../src/base/tunnel-end.ts'
import type { Kind } from '../../src/lab/lab.ts'
import { loadLab, type Override } from '../../src/lab/load.ts'
import { Run } from '../../src/lab/run.ts'
import { valueAt } from '../../src/lab/snapshot.ts'
import { clientPaths, isPresence, STATE_PATHS } from '../../src/lab/state-paths.ts'
import type { Snapshot, SnapshotValue } from '../../src/node/node.ts'
import { codeOf, page, sections, tableRows } from '../support/docs.ts'
import { rootPath } from '../support/root.ts'
import { isOptional } from '../support/run-json-schema.ts'
import { testTitles } from '../support/test-titles.ts'
import { TOWN } from '../support/town.ts'

const labText = (name: string): string => readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8')

function runOf(text: string, overrides: readonly Override[], until?: number): Run {
  const loaded = loadLab(text, 'lab', overrides)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const run = new Run(loaded.lab, until === undefined ? {} : { until })
  run.advance()
  return run
}

describe('docs/trace.md', () => {
  const found = sections(page('docs/trace.md'), 3)
  /** Table number n of the section of an event. */
  const table = (event: string, n: number): string[][] =>
    tableRows((found.get(event) ?? '').split(/\n(?=\|[^\n]*\n\| ---)/)[n] ?? '')

  test('has a section for each event, and no other', () => {
    assert.deepEqual([...found.keys()].sort(), Object.keys(EVENTS).sort())
  })
  for (const [event, fields] of Object.entries(EVENTS)) {
    test(`${event} has its fields, and ? at those that may be absent`, () => {
      const expected = fields.map(field => `\`${field}\`${isOptional(event as EventName, field) ? ' ?' : ''}`)
      const rows = table(event, 1)
      assert.deepEqual(
        rows.map(row => row[0]),
        expected,
      )
      assert.ok(rows.every(row => row[1].length > 0))
    })
  }
  test('every way of being malformed is explained in the words of the source', () => {
    assert.deepEqual(Object.fromEntries(table('drop', 2).map(([why, meaning]) => [codeOf(why), meaning])), MALFORMED)
  })
  test('every end of a tunnel is explained, and whether it was wanted', () => {
    const wanted = Object.entries(TUNNEL_END_REASONS).map(([reason, kind]) => [
      reason,
      kind === 'wanted' ? 'yes' : 'no',
    ])
    assert.deepEqual(
      table('tunnel-end', 2).map(([reason, yes]) => [codeOf(reason), yes]),
      wanted,
    )
    const layers = table('tunnel-end', 1).find(row => row[0] === '`layer`')?.[1] ?? ''
    assert.deepEqual(
      [...layers.matchAll(/`(.+?)`/g)].map(match => match[1]),
      [...TUNNEL_LAYERS],
    )
  })
})

describe('docs/drop-reasons.md', () => {
  const found = sections(page('docs/drop-reasons.md'), 3)
  const titles = new Set(testTitles().map(({ title }) => title))

  test('has a section for each reason, in their order, that begins with its sentence', () => {
    assert.deepEqual([...found.keys()], Object.keys(DROP_REASONS))
    for (const [reason, sentence] of Object.entries(DROP_REASONS))
      assert.equal(found.get(reason)?.trim().split('\n')[0], sentence, reason)
  })

  for (const [reason, text] of found) {
    const command = /^```console provoke\n\$ pptp-lab run (\S+)(.*)\n```$/m.exec(text)
    const patch = /^```yaml provoke (\S+)\n([\s\S]*?)^```$/m.exec(text)
    if (!command && !patch) {
      test(`${reason} is met in no lab, but in a test`, () => {
        const named = /the\s+test\s+is\s+`([^`]+)`/.exec(text)?.[1] ?? ''
        assert.ok(titles.has(named), named)
      })
      continue
    }
    test(`${reason} can be provoked as it says`, () => {
      const drops = command
        ? runOf(labText(command[1]), overridesOf(command[2])).result().drops
        : runOf(patched(labText(patch?.[1] ?? ''), patch?.[2] ?? ''), []).result().drops
      if (drops.has(reason)) return
      const seeds = command ? seedsThatDrop(reason, labText(command[1]), overridesOf(command[2])) : []
      assert.fail(`no packet is dropped for this reason; seeds that would do: ${seeds.join(', ') || 'none'}`)
    })
  }
})

function overridesOf(options: string): Override[] {
  const overrides = [...options.matchAll(/--set (?:"([^"]+)"|(\S+))/g)].map(([, quoted, plain]) => quoted ?? plain)
  const seed = /--seed (\d+)/.exec(options)?.[1]
  if (seed !== undefined) overrides.push(`seed=${seed}`)
  return overrides.map(text => ({ path: text.slice(0, text.indexOf('=')), value: text.slice(text.indexOf('=') + 1) }))
}

/** The spoiled packets of a seed are others when the program sends others: help whoever has to find a new seed. */
function seedsThatDrop(reason: string, text: string, overrides: readonly Override[]): number[] {
  const others = overrides.filter(({ path }) => path !== 'seed')
  return Array.from({ length: 40 }, (_, seed) => seed).filter(seed =>
    runOf(text, [...others, { path: 'seed', value: String(seed) }])
      .result()
      .drops.has(reason as never),
  )
}

/** A lab with what a page says to put into it: events are added, maps merged, other values replaced. */
function patched(text: string, patch: string): string {
  const merge = (old: unknown, fresh: unknown, key: string): unknown => {
    if (key === 'events') return [...((old as unknown[] | undefined) ?? []), ...(fresh as unknown[])]
    if (typeof old !== 'object' || old === null || Array.isArray(fresh) || typeof fresh !== 'object') return fresh
    const result: Record<string, unknown> = { ...old }
    for (const [name, value] of Object.entries(fresh ?? {})) result[name] = merge(result[name], value, name)
    return result
  }
  return stringify(merge(parse(text), parse(patch), ''))
}

describe('docs/snapshot.md', () => {
  const found = sections(page('docs/snapshot.md'), 3)
  const pathsOf = (title: string): string[] => tableRows(found.get(title) ?? '').map(row => codeOf(row[0]))

  for (const [kind, paths] of Object.entries(STATE_PATHS)) {
    test(`the paths of a ${kind} and their values are those that checks may name`, () => {
      const rows = tableRows(found.get(kind) ?? '')
      const documented = Object.fromEntries(
        rows.map(([path, values]) => [
          codeOf(path),
          values === 'number' ? values : [...values.matchAll(/`(.+?)`/g)].map(match => match[1]),
        ]),
      )
      if (kind === 'tun' || kind === 'udp') assert.deepEqual(paths, {})
      else
        assert.deepEqual(
          documented,
          Object.fromEntries(Object.entries(paths).map(([p, v]) => [p, typeof v === 'string' ? v : [...v]])),
        )
    })
  }

  const everywhere = pathsOf('every machine with an IP stack')
  const filter = pathsOf('packet filter')
  const documented: Readonly<Record<string, readonly string[]>> = {
    host: [...everywhere, ...pathsOf('host'), ...filter],
    firewall: [...everywhere, ...pathsOf('firewall'), ...filter],
    router: [...everywhere, ...pathsOf('router'), ...filter],
    'load-balancer': [...everywhere, ...pathsOf('load-balancer'), ...filter],
    switch: [...pathsOf('switch'), ...pathsOf('switch, besides')],
    radius: [...everywhere, ...pathsOf('radius'), ...filter],
    tun: pathsOf('tun'),
    udp: pathsOf('udp'),
    client: [...everywhere, ...pathsOf('client'), ...pathsOf('client, besides'), ...filter],
    nas: [...everywhere, ...pathsOf('nas'), ...pathsOf('nas, besides'), ...filter],
    pstn: [...pathsOf('pstn'), ...pathsOf('pstn, besides')],
    'pptp-server': [...everywhere, ...pathsOf('pptp-server'), ...pathsOf('pptp-server, besides'), ...filter],
  }

  test('what a running machine shows is documented, and all that is documented is shown in some lab', () => {
    const missing = new Set(Object.entries(documented).flatMap(([kind, paths]) => paths.map(path => `${kind} ${path}`)))
    const shipped = readdirSync(rootPath('topologies')).filter(name => name.endsWith('.yaml'))
    const labs = shipped.map(name => [name, labText(name.replace('.yaml', ''))])
    for (const [lab, text] of [...labs, ['town', TOWN]]) {
      // While a password is being refused, while tunnels are up, and when all is over.
      for (const t of [0.2, 2.1, 5.5, 30, 40]) {
        const { nodes } = runOf(text, [], sec(t)).simulation
        for (const [node, machine] of nodes) {
          const shown = leaves(machine.snapshot())
          const patterns = documented[machine.kind].map(pattern)
          const unknown = shown.filter(path => !patterns.some(known => known.test(path)))
          assert.deepEqual(unknown, [], `${lab} ${t} s ${node}`)
          for (const [i, path] of documented[machine.kind].entries())
            if (
              isPresence(STATE_PATHS[machine.kind as Kind][path] ?? 'number') ||
              shown.some(there => patterns[i].test(there))
            )
              missing.delete(`${machine.kind} ${path}`)
        }
      }
    }
    // No shipped lab has a TCP connection that ends at a router or a RADIUS server, one of them, a host or an access server with rules, or a door over UDP.
    assert.deepEqual(
      [...missing].filter(
        path =>
          !/^((router|firewall|radius|load-balancer) tcp\[|(host|router|radius|nas) filter)/.test(path) &&
          !path.startsWith('udp '),
      ),
      [],
    )
  })

  test('every value that a machine takes in a lab is a documented one', () => {
    for (const name of ['voluntary', 'wrong-password', 'no-encryption'])
      for (let t = 0; t < 400; t += 20) {
        const { nodes } = runOf(labText(name), [], sec(t / 1000)).simulation
        const alice = nodes.get('alice')?.snapshot() ?? {}
        for (const [path, values] of Object.entries(clientPaths(true, false))) {
          const value = valueAt(alice, path)
          if (isPresence(values)) assert.equal(typeof value, 'object', path)
          else if (values === 'number') assert.ok(value === undefined || Number.isInteger(value), `${path} ${value}`)
          else assert.ok(values.includes(String(value)), `${name} ${t} ms ${path} ${value}`)
        }
      }
  })
})

/** `tcp[CONNECTION].state` fits every key. */
function pattern(path: string): RegExp {
  const literal = path.replace(/[.[\]]/g, '\\$&')
  return new RegExp(`^${literal.replace(/\\\[[A-Z]+\\\]/g, '\\[[^\\]]+\\]')}$`)
}

/** Paths of all values, with the keys of maps and lists in brackets. */
function leaves(snapshot: Snapshot): string[] {
  const MAPS = new Set(['interfaces', 'routes', 'arp', 'tcp', 'calls', 'ports', 'table', 'lines', 'servers'])
  const walk = (value: SnapshotValue, path: string, isMap: boolean): string[] => {
    if (value === undefined) return []
    if (typeof value !== 'object') return [path]
    return Object.entries(value).flatMap(([key, below]) =>
      walk(
        below,
        isMap ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`,
        (!isMap && path === '' && MAPS.has(key)) || (!isMap && Array.isArray(below)),
      ),
    )
  }
  return walk(snapshot, '', false)
}
