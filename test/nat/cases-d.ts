/** D: packets that go another way than their answers, INVALID, limits, another address. E: a load balancer. */
import { ip } from '../../src/base/address.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { Cases } from './case.ts'
import * as M from './messages.ts'
import { Call, CLOSED, dnat, IP, MASQ } from './rig.ts'

const STATEFUL = ['forward drop state invalid', 'forward accept state established,related']

export const D: Cases = {
  D1: rig => {
    rig.around('192.168.77.254/24')
    const out: Record<string, object> = {}
    const strict = [
      'policy forward drop',
      ...STATEFUL,
      'forward accept proto tcp dport 1723',
      'forward accept proto gre',
    ]
    for (const [i, [tag, rules]] of (
      [
        ['invalid drop', strict],
        ['no invalid rule (accept new+established, policy accept)', ['forward accept state established,related']],
      ] as const
    ).entries()) {
      rig.set('nat', { rules })
      rig.flush('nat')
      const server = rig.listen('s1')
      rig.greOpen('c1', 's1')
      const conn = rig.connect('c1', IP.s1, 43_000 + i, 1723, sec(2))
      conn.send(M.sccrq())
      const accepted = server.tryAccept()
      const seen = accepted ? { SCCRQ_at_server: accepted.recv(ms(500)) } : {}
      out[tag] = {
        connect: conn.isOpen ? 'ok (client side)' : 'timeout',
        server_accept: accepted ? 'ok' : 'no (handshake ACK never arrived)',
        ...seen,
        probes: [rig.probe('c1', IP.s1, 2222), rig.probe('s1', IP.c1, 1111)],
      }
    }
    return out
  },
  D2: rig => {
    rig.around('192.168.77.254/32')
    rig.routed()
    rig.route('c1', `${IP.s1}/32`, '192.168.77.254')
    rig.set('nat', {
      rules: ['policy forward drop', ...STATEFUL, 'forward accept proto gre', 'forward accept proto tcp dport 1723'],
    })
    rig.listen('s1')
    rig.greOpen('c1', 's1')
    const known = rig.wire.length
    const dropped = rig.net.events.length
    const conn = rig.connect('c1', IP.s1, 43_100, 1723, ms(2500))
    const isSynAck = (b: Uint8Array): boolean => b[9] === 6 && b[33] === 18
    const atFirewall = rig.net.events
      .slice(dropped)
      .some(e => e.event === 'drop' && e.node === 'nat' && e.reason === 'filter-drop' && e.src === IP.s1)
    return {
      connect: conn.isOpen ? 'ok' : 'timeout',
      SYNACK_reaches_client: rig.wire.slice(known).some(f => f.from === 'to c1' && isSynAck(f.bytes)),
      SYNACK_reaches_fw: atFirewall,
      probes: [rig.probe('c1', IP.s1, 2222), rig.probe('s1', IP.c1, 1111)],
    }
  },
  D3: rig => {
    rig.routed()
    const out: Record<string, object> = {}
    const rules = [
      'policy forward drop',
      ...STATEFUL,
      'forward accept proto tcp syn dport 1723',
      'forward accept proto gre',
    ]
    for (const loose of [true, false]) {
      rig.set('nat', { rules, loose })
      const server = rig.listen('s1')
      const call = new Call(rig, 'c1', server, IP.s1, loose ? 43_201 : 43_200, 1111, 2222)
      rig.wait(ms(400))
      rig.flush('nat')
      call.c.send(M.echoRequest())
      out[`tcp_loose=${loose ? 1 : 0}`] = { echo_at_server: call.d.recv(ms(700)) ?? null }
    }
    return out
  },
  D4: rig => {
    rig.routed()
    const { env, stack } = rig.node.c1
    const known = rig.icmp.get('c1')?.length ?? 0
    for (let i = 0; i < 20; i++) {
      stack.output(env.packets.from(M.gre(2222, 5000 + i)), ip(IP.s1), 47)
      rig.wait(ms(50))
    }
    rig.wait(ms(120))
    return { gre_sent: 20, icmp_received: (rig.icmp.get('c1')?.length ?? 0) - known }
  },
  D5: rig => {
    const nat = rig.set('nat', { nat: MASQ, helper: 'prerouting', rules: CLOSED })
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40_001, 1111, 2222)
    const probes = [call.up(), call.down()]
    rig.renumber('nat', 'wan0', '198.51.100.2')
    nat.readdressed('wan0')
    const ct_after_change = rig.connections('nat')
    probes.push(call.up({ label: 'c1->s1 after WAN change' }), call.down({ label: 's1->old addr' }))
    call.c.send(M.echoRequest())
    const echo_at_server = call.d.recv(ms(700)) ?? null
    const client_socket = call.c.recv(ms(300))
    return {
      ct_after_change,
      probes,
      echo_at_server,
      client_gets_RST: client_socket === 'ERR ECONNRESET',
      client_socket,
    }
  },
  E1: rig => {
    rig.routed()
    const out: Record<string, object> = {}
    const tcp = dnat({ to: IP.r, protocol: 6, target: IP.s1 })
    for (const [i, [tag, target]] of (
      [
        ['tcp only', undefined],
        ['gre balanced to other backend', IP.s2],
        ['gre pinned to same backend', IP.s1],
      ] as const
    ).entries()) {
      rig.set('r', { nat: [tcp, ...(target ? [dnat({ to: IP.r, protocol: 47, target })] : [])] })
      rig.flush('r')
      const server = rig.listen('s1')
      rig.greOpen('c1', 's1', 's2')
      const call = new Call(rig, 'c1', server, IP.r, 40_001 + i, 1111, 2222)
      const [up, down] = [call.up(), call.down()]
      const server_gre_source_seen_by_client = Object.values(down.received_by).map(({ src }) => src)
      out[tag] = { probes: [up, down], server_gre_source_seen_by_client, client_dialled: IP.r }
      call.c.close()
      rig.wait(ms(50))
      call.d.close()
      rig.wait(ms(100))
    }
    return out
  },
}
