/** The measured cases, as `npm run nat:truth` plays them. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { rootPath } from '../support/root.ts'
import { compare, type Recorded } from './compare.ts'

const recorded: Recorded[] = readFileSync(rootPath('test/nat/baseline-linux-6.18.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

describe('what a Linux kernel was measured to do', () => {
  test('all of it was recorded', () => {
    assert.equal(recorded.length, 71)
  })
  for (const record of recorded) {
    test(`${record.case}: ${record.title}`, () => {
      assert.deepEqual(compare(record).differences, [])
    })
  }
})

/** One value in what was recorded of a case is another: by the way to it. */
function spoiled({ obs, ...rest }: Recorded, way: readonly (string | number)[], value: unknown): Recorded {
  const copy = structuredClone(obs)
  let place = copy as Record<string | number, unknown>
  for (const name of way.slice(0, -1)) place = place[name] as typeof place
  const last = way[way.length - 1]
  assert.ok(last in place, `${way.join('.')} is recorded`)
  assert.notDeepEqual(place[last], value)
  place[last] = value
  return { ...rest, obs: copy }
}

describe('a difference is found', () => {
  const rows: readonly (readonly [string, readonly (string | number)[], unknown])[] = [
    ['A1', ['probes', 1, 'outcome'], 'delivered'],
    ['B1', ['probes', 1, 'received_by'], {}],
    ['B10', ['messages', 10, 'received', 'callid'], 2222],
    ['B10', ['messages', 12, 'received', 'msg'], 'StopCCRQ'],
    ['B20', ['input_open_rst_to_server'], false],
    ['B20', ['server_socket_after'], null],
    ['B21', ['on_wan', 0, 'src'], '198.51.100.1'],
    ['B21', ['leaked_private_source'], false],
    ['B34', ['variants', 2, 'ct_state', 0], 'new'],
    ['B34', ['variants', 5, 'reaches_server'], true],
    ['C5', ['results', 2, 'so_error'], 'ECONNREFUSED'],
    ['C5', ['results', 6, 'icmp', 0, 'code'], 9],
    ['C6', ['results', 0, 'after_s'], 3.9],
    ['C6', ['results', 0, 'syn_sent'], 3],
    ['C6', ['results', 4, 'connect_error'], 'ECONNREFUSED'],
    ['C13', ['results', 1, 'fragments_at_server', 0], 'gre'],
    ['C14', ['set-mss 1300', 'SYN_at_server', 0], 1460],
    ['C15', ['rows', 5, 'max_inner_ip'], 1457],
    ['C15', ['rows', 5, 'probe_at_max_plus_1'], 'delivered'],
    ['C16', ['error'], 'EHOSTUNREACH'],
    ['C16', ['gave_up_after_s'], 131],
    ['C16', ['syn_sent_at_s', 1], 1.4],
    ['D3', ['tcp_loose=1', 'echo_at_server'], { msg: 'EchoRQ' }],
    ['D4', ['icmp_received'], 7],
  ]
  for (const [id, way, value] of rows)
    test(`in ${id}: ${way.join('.')}`, () => {
      const record = recorded.find(one => one.case === id) as Recorded
      assert.notDeepEqual(compare(spoiled(record, way, value)).differences, [])
    })
  test('of one SYN too few', () => {
    const record = recorded.find(one => one.case === 'C16') as Recorded
    const times = record.obs.syn_sent_at_s as number[]
    assert.notDeepEqual(compare(spoiled(record, ['syn_sent_at_s'], times.slice(0, -1))).differences, [])
  })
})
