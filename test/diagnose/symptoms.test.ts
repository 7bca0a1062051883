/** What the doctor says of a symptom alone: consistent with what runs show, and with what the other views know. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { causeOf } from '../../src/diagnose/doctor/causes.ts'
import { HARMLESS, LOG_SYMPTOMS } from '../../src/diagnose/doctor/log-symptoms.ts'
import { ofLog, ofWindows } from '../../src/diagnose/doctor/symptoms.ts'
import { consultedJson, consultedLines } from '../../src/diagnose/doctor/text.ts'
import { WINDOWS_SYMPTOMS } from '../../src/diagnose/doctor/windows-symptoms.ts'
import { FailureWatch, load, Run } from '../../src/index.ts'
import { WINDOWS } from '../../src/view/failures.ts'
import { diagnose } from '../support/doctor.ts'
import { CLOSED, shippedText } from '../support/shipped.ts'

const causesOf = (consulted: ReturnType<typeof ofLog>): string[] =>
  consulted.flatMap(one => ('symptom' in one ? one.symptom.causes : []))

describe('error numbers of Windows', () => {
  test('every number that a run may show is known', () => {
    for (const code of Object.keys(WINDOWS)) assert.ok(ofWindows(Number(code)), code)
  })
  test('no number names a cause twice', () => {
    for (const [code, { causes }] of Object.entries(WINDOWS_SYMPTOMS))
      assert.equal(new Set(causes).size, causes.length, code)
  })
  test('806 and 721: TCP works, so nothing about port 1723 is among the causes', () => {
    for (const code of [806, 721, 619]) {
      const [first, second] = causesOf([ofWindows(code) ?? assert.fail()])
      assert.deepEqual([first, second], ['gre-blocked', 'nat-no-helper'])
      assert.ok(!causesOf([ofWindows(code) ?? assert.fail()]).includes('port-1723-blocked'))
    }
  })
  test('619, 721 and 806 ask first what needs no capture: who else is connected', () => {
    for (const code of [619, 721, 806]) {
      const { mind, causes } = WINDOWS_SYMPTOMS[code]
      assert.match(mind ?? '', /^Ask first: .*nobody else behind the same router.* nat-single-slot and call-id-clash/)
      assert.ok(causes.includes('nat-single-slot') && causes.includes('call-id-clash'))
    }
  })
  test('691 proves that GRE works: the password first', () => {
    const causes = causesOf([ofWindows(691) ?? assert.fail()])
    assert.equal(causes[0], 'wrong-password')
    assert.ok(!causes.some(cause => cause.startsWith('gre') || cause.startsWith('nat')))
  })
})

describe('lines of logs', () => {
  for (const { sample, causes } of LOG_SYMPTOMS) {
    test(sample, () => assert.deepEqual(causesOf(ofLog(sample)), causes))
  }
  test('what is harmless is said to be so', () => {
    const [one, ...others] = ofLog('pptpd[1]: GRE: Bad checksum from pppd')
    assert.ok('harmless' in one)
    assert.deepEqual(others, [])
    assert.equal(HARMLESS.length, 4)
  })
  test('of a whole log the particular comes before "Modem hangup", and each symptom once', () => {
    const log = 'Connect: ppp0\nLCP: timeout sending Config-Requests\nConnection terminated.\nModem hangup\n'
    const found = ofLog(log)
    assert.deepEqual(
      found.map(({ text }) => text),
      ['LCP: timeout sending Config-Requests', 'Connection terminated.'],
    )
  })
  test('a log of which nothing is known gives nothing', () => assert.deepEqual(ofLog('all is quiet\n'), []))
})

describe('what a user would see names what the doctor found', () => {
  // What follows is one tunnel with one cause each; where several fail the numbers cannot be told apart.
  for (const name of CLOSED) {
    const loaded = load(shippedText(name), name)
    assert.ok(loaded.ok)
    const { lab } = loaded
    const run = new Run(lab, { fingerprint: false })
    const failures = new FailureWatch(lab)
    run.listen(event => failures.event(event))
    run.advance()
    const { failed } = failures
    const found = diagnose(lab).filter(({ who }) => failed.some(({ node }) => who.includes(node)))
    if (failed.length === 0 || found.length !== 1) continue
    test(`${name}: ${found[0].cause}`, () => {
      for (const { windows, linux, node } of failed.filter(each => found[0].who.includes(each.node))) {
        const numbers = [windows.number, ...windows.also]
        const named = numbers.some(code =>
          causesOf([ofWindows(code) ?? assert.fail(String(code))]).includes(found[0].cause),
        )
        assert.ok(named, `${node}: none of ${numbers.join(', ')} leads to ${found[0].cause}`)
        const logged = causesOf(ofLog(linux.client.join('\n')))
        assert.ok(logged.includes(found[0].cause), `${node}: ${linux.client.join(' / ')} leads to ${logged.join(', ')}`)
      }
    })
  }
})

test('text and JSON have the same causes, each with its cure', () => {
  const consulted = ofWindows(734) ?? assert.fail()
  const { causes } = JSON.parse(consultedJson(consulted)) as { causes: { cause: 'mppe-mismatch'; cure: string }[] }
  const text = consultedLines(consulted).join('\n')
  for (const { cause, cure } of causes) {
    assert.ok(text.includes(`(${cause})`))
    assert.equal(cure, causeOf(cause).cure)
    assert.ok(text.includes(cure))
  }
})
