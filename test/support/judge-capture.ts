/** tshark as a judge of our captures: nothing malformed, every checksum looked at and right. */
import assert from 'node:assert/strict'
import { askTshark } from './tshark.ts'

/** Preferences of tshark, which by itself looks at few checksums. */
export const CHECKS = ['ip.check_checksum:TRUE', 'tcp.check_checksum:TRUE', 'udp.check_checksum:TRUE']
const CHECKED = ['ip', 'tcp', 'udp', 'icmp']
const STATUS = CHECKED.map(protocol => `${protocol}.checksum.status`)
/** Display filter: what is wrong. */
export const TROUBLE = ['_ws.malformed', ...STATUS.map(field => `${field}==0`)].join(' || ')
/** What tshark writes for a checksum that it has verified and found right; 0 is a wrong one, 2 one not looked at. */
const GOOD = '1'
const BAD = '0'
/** Of IP without options and of ICMP, in front of a quote. */
const HEADERS = 20 + 8

/** Linux writes this now and then where the sum is zero; tshark calls it wrong (RFC 1624), receivers do not. */
const OTHER_ZERO = '0xffff'
const nobody = (_source: string): boolean => false

/**
 * The protocols of every frame. Throws if one is malformed or a checksum is wrong or was not looked at. What a stranger
 * has sent, told by its outermost source address, may have the other zero as its TCP checksum; what we send may not.
 */
export function judgeCapture(capture: Uint8Array | string, frames: number, isStranger = nobody): string[][] {
  const fields = ['frame.protocols', '_ws.malformed', 'ip.len', 'ip.src', 'tcp.checksum', ...STATUS]
  return askTshark({ capture, count: frames, preferences: CHECKS, fields }).map(
    ([protocols, malformed, lengths, sources, sums, ...statuses]) => {
      assert.equal(malformed, '', `tshark finds ${protocols} malformed`)
      const layers = protocols.split(':')
      const otherZero = sums === OTHER_ZERO && isStranger(sources.split(',')[0])
      for (const [i, protocol] of CHECKED.entries()) {
        // Of what an ICMP error quotes tshark always verifies the IP header, the rest not always, and where it was cut
        // off, in vain.
        const quote = layers.indexOf('ip', layers.indexOf('icmp') + 1)
        const whole = protocol !== 'ip' && layers.includes('icmp') && quote > 0 ? layers.slice(0, quote) : layers
        const found = protocol === 'tcp' && otherZero ? [GOOD] : statuses[i].split(',')
        const good = found.filter(status => status === GOOD).length
        const expected = whole.filter(name => name === protocol).length
        const says = `tshark finds ${good} right checksums of ${protocol} in ${protocols}`
        if (whole === layers) assert.equal(good, expected, says)
        else assert.ok(good >= expected && (isCut(layers, lengths) || !found.includes(BAD)), says)
      }
      return layers
    },
  )
}

/** Does the ICMP error carry less of the packet that it quotes than that had? */
function isCut(layers: readonly string[], lengths: string): boolean {
  const carrier = layers.slice(0, layers.indexOf('icmp')).filter(name => name === 'ip').length - 1
  const [whole, quoted] = lengths.split(',').slice(carrier).map(Number)
  return whole - HEADERS < quoted
}
