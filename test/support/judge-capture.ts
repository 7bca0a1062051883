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

/** The protocols of every frame of ours. Throws if one is malformed or a checksum is wrong or was not looked at. */
export function judgeCapture(capture: Uint8Array | string, frames: number): string[][] {
  const fields = ['frame.protocols', '_ws.malformed', ...STATUS]
  return askTshark({ capture, count: frames, preferences: CHECKS, fields }).map(
    ([protocols, malformed, ...statuses]) => {
      assert.equal(malformed, '', `tshark finds ${protocols} malformed`)
      const layers = protocols.split(':')
      for (const [i, protocol] of CHECKED.entries()) {
        // Of what an ICMP error quotes tshark always verifies the IP header, and the rest where it was not cut off.
        const quote = layers.indexOf('ip', layers.indexOf('icmp') + 1)
        const whole = protocol !== 'ip' && layers.includes('icmp') && quote > 0 ? layers.slice(0, quote) : layers
        const found = statuses[i].split(',')
        const good = found.filter(status => status === GOOD).length
        const expected = whole.filter(name => name === protocol).length
        const says = `tshark finds ${good} right checksums of ${protocol} in ${protocols}`
        if (whole === layers) assert.equal(good, expected, says)
        else assert.ok(good >= expected && !found.includes(BAD), says)
      }
      return layers
    },
  )
}
