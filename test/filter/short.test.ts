import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ip } from '../../src/base/address.ts'
import * as Ipv4Header from '../../src/wire/ipv4.ts'
import { Bench } from './bench.ts'

test('GRE that ends before its call ID is dropped (nat-truth B34)', () => {
  const header = [0x20, 0x81, 0x88, 0x0b, 0, 0]
  const bytes = new Uint8Array(20 + header.length)
  Ipv4Header.write(bytes, 0, bytes.length, 1, 0, 64, 47, ip('192.168.1.10'), ip('203.0.113.5'))
  bytes.set(header, 20)
  const bench = new Bench()
  assert.equal(bench.out(bytes), undefined)
  assert.deepEqual(bench.drops, ['nat-untranslatable'])
})
