/** Nothing is discarded or rewritten without a reason that a reader can follow: in no lab, and in no capture. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DROP_REASONS } from '../../src/base/drop.ts'
import type { TraceEvent } from '../../src/base/trace.ts'
import { hostNames, LinkCapture } from '../../src/lab/capture.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { loadLab } from '../../src/lab/load.ts'
import { Run, run } from '../../src/lab/run.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { CLOSED, shippedText } from '../support/shipped.ts'
import { askTshark, noTshark } from '../support/tshark.ts'

function labOf(name: string): Lab {
  const loaded = loadLab(shippedText(name), name)
  assert.ok(loaded.ok, name)
  return loaded.lab
}

/** What these discard are messages of a stream or of an application, which are no packets. */
const OF_MESSAGES: ReadonlySet<string> = new Set(['pptp', 'radius', 'icmp'])

/** What the event does not tell of its reason. */
function lacks(event: TraceEvent, machines: ReadonlySet<string>): string[] {
  const missing: string[] = []
  const want = (is: boolean, what: string): void => {
    if (!is) missing.push(what)
  }
  if (event.event === 'nat') want(event.rule !== '' && event.before !== event.after, 'rule')
  if (event.event === 'nat-helper') want(event.entry !== '' && event.before !== event.after, 'entry')
  if (event.event === 'nat' || event.event === 'nat-helper') want(event.packet !== '', 'packet')
  if (event.event !== 'drop') return missing
  const { node, reason, layer, packet, rule, entry } = event
  want(/^[A-Z].*\.$/.test(DROP_REASONS[reason] ?? ''), 'sentence')
  want(machines.has(node), 'machine')
  want(layer !== '', 'layer')
  want(packet !== undefined || OF_MESSAGES.has(layer), 'packet')
  want(layer !== 'filter' || rule !== undefined || entry !== undefined, 'rule or entry')
  if (reason === 'filter-drop' || reason === 'filter-reject') want(rule !== undefined, 'rule')
  if (reason.startsWith('conntrack-')) want(entry !== undefined, 'entry')
  return missing
}

describe('reasons', () => {
  for (const name of CLOSED) {
    test(`${name}: every packet that is discarded or rewritten says why, where and by what`, () => {
      const lab = labOf(name)
      const machines = new Set(lab.nodes.map(node => node.name))
      const wrong = new Set<string>()
      run(lab, {
        onEvent: event => {
          for (const what of lacks(event, machines)) wrong.add(`${event.node} ${event.event} lacks ${what}`)
        },
      })
      assert.deepEqual([...wrong], [])
    })
  }
  test('an event that lacks something is found', () => {
    const drop = { t: 0, node: 'nat1', event: 'drop', reason: 'filter-drop', layer: 'filter', packet: 'a#1' } as const
    const machines = new Set(['nat1'])
    assert.deepEqual(lacks(drop, machines), ['rule or entry', 'rule'])
    assert.deepEqual(lacks({ ...drop, rule: 'forward drop' }, machines), [])
    assert.deepEqual(lacks({ ...drop, rule: 'forward drop', packet: undefined }, machines), ['packet'])
    assert.deepEqual(lacks({ ...drop, rule: 'forward drop', node: 'other' }, machines), ['machine'])
    assert.deepEqual(lacks({ ...drop, layer: '', reason: 'conntrack-full' }, machines), ['layer', 'entry'])
    const nat = { t: 0, node: 'nat1', event: 'nat', packet: 'a#1', proto: 'gre', field: 'source' } as const
    assert.deepEqual(lacks({ ...nat, before: '1', after: '2', rule: '' }, machines), ['rule'])
  })
  test('the answer that no entry of a NAT box translates says that there is none', () => {
    const entries = new Set<string | undefined>()
    run(labOf('nat-no-helper'), {
      onEvent: event => {
        if (event.event === 'drop' && event.reason === 'no-protocol') entries.add(event.entry)
      },
    })
    assert.deepEqual([...entries], ['none translates it to an inside host, so it is taken to be for this machine'])
  })
  test('who comes second to a box with one place for GRE is told who has it', () => {
    const entries = new Set<string | undefined>()
    run(labOf('nat-single-passthrough'), {
      onEvent: event => {
        if (event.event === 'drop' && event.reason === 'nat-insert-failed') entries.add(event.entry)
      },
    })
    assert.deepEqual(
      [...entries],
      ['192.168.1.10 call 0 > 203.0.113.5 call 0, answers 203.0.113.5 call 0 > 198.51.100.20 call 0'],
    )
  })
})

/** The capture of each link, by its name. */
function capturesOf(name: string): Map<string, Uint8Array> {
  const whole = new Run(labOf(name))
  const { lab, links } = whole.simulation
  const captures = links.map(link => new LinkCapture(link, hostNames(lab), 'mark'))
  for (const [index, capture] of captures.entries()) whole.tap(index, frame => capture.frame(frame))
  whole.listen(event => {
    for (const capture of captures) capture.event(event)
  })
  whole.advance()
  return new Map(captures.map((capture, i) => [links[i].name, capture.take(whole.now, true)]))
}

const commentsOf = (capture: Uint8Array): string[] =>
  Pcap.read(capture).frames.flatMap(({ comment }) => (comment === undefined ? [] : [comment]))

describe('reasons in captures', () => {
  test('a frame that a NAT box rewrites says so on both its sides, with rule and packet', () => {
    const captures = capturesOf('nat-helper')
    const outside = commentsOf(captures.get('home:wan0 - isp:eth0') as Uint8Array)
    const inside = commentsOf(captures.get('alice:eth0 - home:lan0') as Uint8Array)
    const rule = '"PPTP helper, control connection 192.168.1.10:40900 > 203.0.113.5:1723"'
    const [note, packet] = [`rewritten by home: call-id 40900 becomes 52546 (${rule})`, '[office#7]']
    assert.ok(outside.some(text => text.includes(`then ${note}`) && text.endsWith(packet)))
    assert.ok(inside.some(text => text.includes(note) && !text.includes('then') && text.endsWith(packet)))
    const message = 'rewritten by home: callId of outgoing-call-request 52546 becomes 40900 (PPTP helper, entry: '
    assert.ok(outside.some(text => text.includes(message)))
    assert.deepEqual(commentsOf(captures.get('isp:eth1 - office:eth0') as Uint8Array), [])
  })
  test('a frame whose content is discarded after it was unwrapped says so', () => {
    const far = commentsOf(capturesOf('mppe-stateful-loss').get('isp:eth2 - office:eth0') as Uint8Array)
    assert.ok(far.some(text => /^dropped by office \(mppe-out-of-sync\)/.test(text)))
  })
  test('tshark finds the comments', { skip: noTshark }, () => {
    const capture = capturesOf('nat-no-helper').get('home:wan0 - isp:eth0') as Uint8Array
    const dropped = commentsOf(capture).filter(text => text.includes('dropped by home (no-protocol)'))
    const rewritten = commentsOf(capture).filter(text => text.includes('rewritten by home: source'))
    assert.ok(dropped.length > 0 && rewritten.length > 0)
    const ask = (words: string, count: number) =>
      askTshark({ capture, fields: ['frame.comment'], filter: `frame.comment contains "${words}"`, count }).flat()
    assert.deepEqual(ask('dropped by home (no-protocol)', dropped.length), dropped)
    assert.deepEqual(ask('rewritten by home: source', rewritten.length), rewritten)
  })
})
