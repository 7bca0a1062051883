/** A: translation without a helper. */
import { ms, sec } from '../../src/base/time.ts'
import type { Cases } from './case.ts'
import { gre0 } from './messages.ts'
import { Call, CLOSED, dnat, IP, MASQ } from './rig.ts'

export const A: Cases = {
  A1: rig => {
    rig.set('nat', { nat: MASQ })
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    return { call: call.summary(), probes: [call.up(), call.down(), call.up({ label: 'c1->s1 again' })] }
  },
  A2: rig => {
    rig.set('nat', { nat: MASQ, rules: CLOSED })
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  A3: rig => {
    rig.set('nat', { nat: MASQ })
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 0, 0)
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  A4: rig => {
    rig.set('nat', { nat: MASQ })
    const server = rig.listen('s1')
    rig.greOpen('c1', 'c2', 's1')
    const one = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2221)
    const two = new Call(rig, 'c2', server, IP.s1, 40002, 1111, 2222)
    const probes = [one.up(), two.up(), one.down({ label: 's1->c1' }), two.down({ label: 's1->c2' })]
    return { calls: [one.summary(), two.summary()], probes }
  },
  A5: rig => {
    rig.set('nat', { nat: MASQ })
    const server = rig.listen('s1')
    rig.greOpen('c1', 'c2', 's1')
    const one = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const two = new Call(rig, 'c2', server, IP.s1, 40002, 1112, 2222)
    return { probes: [one.up(), two.up(), one.up({ label: 'c1->s1 #2' }), two.up({ label: 'c2->s1 #2' })] }
  },
  A6: rig => {
    rig.set('nat', { nat: MASQ })
    const servers = [rig.listen('s1'), rig.listen('s2')]
    rig.greOpen('c1', 'c2', 's1', 's2')
    const one = new Call(rig, 'c1', servers[0], IP.s1, 40001, 1111, 2222)
    const two = new Call(rig, 'c2', servers[1], IP.s2, 40001, 1111, 2222)
    return { calls: [one.summary(), two.summary()], probes: [one.up(), two.up(), one.down(), two.down()] }
  },
  A7: rig => {
    rig.set('nat', { nat: MASQ })
    rig.greOpen('c1', 'c2', 's1')
    const raw = gre0
    return {
      probes: [
        rig.probe('c1', IP.s1, undefined, { raw, label: 'c1->s1 v0' }),
        rig.probe('s1', IP.nat, undefined, { raw, label: 's1->nat v0' }),
        rig.probe('c2', IP.s1, undefined, { raw, label: 'c2->s1 v0' }),
        rig.probe('s1', IP.nat, undefined, { raw, label: 's1->nat v0 #2' }),
      ],
    }
  },
  A8: rig => {
    rig.set('nat', { nat: [...MASQ, dnat({ inside: 'wan0', protocol: 47, target: IP.c1 })] })
    const server = rig.listen('s1')
    rig.greOpen('c1', 'c2', 's1')
    const one = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2221)
    const two = new Call(rig, 'c2', server, IP.s1, 40002, 1112, 2222)
    return { probes: [one.up(), one.down({ label: 's1->c1' }), two.up(), two.down({ label: 's1->c2' })] }
  },
  A9: rig => {
    rig.set('nat', { nat: MASQ })
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 0, 0)
    call.up()
    call.down()
    call.down()
    rig.flush('nat')
    rig.set('nat', { nat: MASQ, timeouts: { gre: sec(2), greStream: sec(4) } })
    const gone = (): number => {
      const start = rig.now
      rig.until(() => !rig.hasGre('nat'), sec(8))
      return Math.round((rig.now - start) / 1e9)
    }
    call.up()
    const measured_unreplied_s = gone()
    call.up()
    call.down()
    call.up()
    const measured_replied_s = gone()
    return { measured_unreplied_s, measured_replied_s, probes: [call.down({ label: 's1->c1 after expiry' })] }
  },
  A10: rig => {
    const nat = rig.set('nat', { nat: MASQ, timeouts: { gre: sec(2) } })
    rig.greOpen('s1')
    const probes = [rig.probe('c1', IP.s1, 2222)]
    const before = nat.conntrack.insertFailed
    probes.push(rig.probe('c2', IP.s1, 2222))
    const insert_failed = nat.conntrack.insertFailed - before
    rig.wait(ms(2500))
    probes.push(rig.probe('c2', IP.s1, 2222, { label: "c2->s1 after c1's entry expired" }))
    return { probes, insert_failed }
  },
}
