/** C: firewalls without translation, ICMP errors, fragments, sizes. */
import { get16 } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { Cases } from './case.ts'
import * as M from './messages.ts'
import { type Box, Call, CLOSED, type Conn, IP, MASQ, type Rig } from './rig.ts'

const CODES = ['net-unreachable', 'host-unreachable', 'prot-unreachable', 'port-unreachable', 'net-prohibited']
const PROHIBITED = ['host-prohibited', 'admin-prohibited']
/** As our rules call them. */
const rejection = (code: string): string => `icmp-${code.replace('prot-', 'proto-')}`
const STATEFUL = ['policy forward drop', 'forward accept state established,related']
const TCP_1723 = 'forward accept proto tcp dport 1723'
const HOST = [
  'policy input drop',
  'input accept state established,related',
  'input accept proto icmp icmp-type echo-request',
]

export const C: Cases = {
  C1: rig => {
    rig.routed()
    rig.set('nat', { rules: [...STATEFUL, TCP_1723] })
    const call = open(rig, 'c1', 's1')
    const probes = [call.up(), call.down()]
    call.c.send(M.echoRequest())
    const asked = call.d.recv()
    call.d.send(M.echoReply())
    return { call: call.summary(), probes, echo_works_while_gre_blocked: [asked, call.c.recv()] }
  },
  C2: rig => {
    rig.routed()
    rig.set('nat', { helper: 'prerouting', rules: [...STATEFUL, TCP_1723] })
    const call = open(rig, 'c1', 's1')
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  C3: rig => {
    rig.routed()
    rig.set('nat', { rules: [...STATEFUL, `${TCP_1723} in lan0`, 'forward accept in lan0 proto gre'] })
    const call = open(rig, 'c1', 's1')
    return { probes: [call.up(), call.down()] }
  },
  C4: rig => {
    rig.routed()
    rig.set('nat', { rules: [...STATEFUL, TCP_1723, 'forward accept proto gre'] })
    const call = open(rig, 'c1', 's1')
    return { probes: [call.up(), call.down()] }
  },
  C5: rig => {
    rig.routed()
    rig.greOpen('s1', 'c1')
    const results = [...CODES, ...PROHIBITED].map(code => {
      rig.set('nat', { rules: [`forward reject with ${rejection(code)} proto gre`] })
      // The kernel was measured without its limit of ICMP errors.
      rig.wait(sec(1))
      const { outcome, so_error = null, icmp } = rig.probe('c1', IP.s1, 2222, { label: code })
      const told = icmp.slice(0, 1).map(({ from, type, code: number, inner }) => ({
        ...{ at: 'c1.eth0', io: 'in', from, to: IP.c1 },
        ...{ type, code: number, inner },
      }))
      return { reject: code, outcome, so_error, icmp: told }
    })
    rig.set('nat', { rules: ['forward drop proto gre'] })
    const { outcome, so_error = null } = rig.probe('c1', IP.s1, 2222, { label: 'drop' })
    return { results: [...results, { reject: 'drop', outcome, so_error }] }
  },
  C6: rig => {
    rig.routed()
    rig.listen('s1')
    const rows: (readonly [string, string | undefined])[] = [
      ['drop', 'forward drop proto tcp dport 1723'],
      ['reject tcp reset', 'forward reject with tcp-reset proto tcp dport 1723'],
    ]
    for (const code of [...CODES, ...PROHIBITED])
      rows.push([`reject ${code}`, `forward reject with ${rejection(code)} proto tcp dport 1723`])
    rows.push(['no listener (RST)', undefined], ['host down (ARP fails)', undefined])
    return { results: rows.map(([block, rule], i) => blocked(rig, block, rule, 41_000 + i)) }
  },
  C7: rig => {
    const out: Record<string, object> = {}
    for (const [i, helper] of [false, true].entries()) {
      rig.set('nat', { nat: MASQ, rules: CLOSED, ...(helper ? { helper: 'prerouting' } : {}) })
      rig.flush('nat')
      const server = rig.listen('s1')
      rig.greOpen('c1')
      const call = new Call(rig, 'c1', server, IP.s1, 40_001 + i, 1111, 2222)
      out[helper ? 'helper' : 'no_helper'] = { probes: [call.up()] }
      close(rig, call)
    }
    rig.routed()
    rig.set('nat', { helper: 'prerouting', rules: [...STATEFUL, TCP_1723] })
    rig.flush('nat')
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_009, 1111, 2222)
    return { ...out, helper_no_nat: { probes: [call.up()] } }
  },
  C8: rig => {
    rig.set('nat', { nat: MASQ, helper: 'prerouting', rules: CLOSED })
    rig.greOpen('s1')
    const call = new Call(rig, 'c1', rig.listen('s1'), IP.s1, 40_001, 1111, 2222)
    return { probes: [call.down()] }
  },
  C9: rig => {
    const out: Record<string, object> = {}
    rig.setMtu('r', 'srv0', 1300)
    for (const [i, helper] of [false, true].entries()) {
      rig.set('nat', { nat: MASQ, rules: CLOSED, ...(helper ? { helper: 'prerouting' } : {}) })
      rig.flush('nat')
      rig.forgetPathMtu()
      const server = rig.listen('s1')
      rig.greOpen('c1', 's1')
      const call = new Call(rig, 'c1', server, IP.s1, 40_001 + i, 1111, 2222)
      call.up()
      const probes = [
        call.up({ payload: 1400, df: true, label: '1432-byte DF GRE' }),
        call.up({ payload: 1400, df: true, label: 'same size again (PMTU cached)' }),
        call.up({ payload: 1300 - 32, df: true, label: 'exactly 1300' }),
      ]
      out[helper ? 'helper' : 'no_helper'] = { probes }
      close(rig, call)
    }
    return out
  },
  C10: rig => {
    rig.set('nat', { nat: MASQ, helper: 'prerouting', rules: CLOSED })
    const call = open(rig, 'c1', 's1')
    call.up()
    call.down()
    rig.setMtu('nat', 'lan0', 1300)
    return { probes: [call.down({ payload: 1400, df: true, label: '1432-byte DF GRE down' })] }
  },
  C11: rig => {
    rig.set('nat', { nat: MASQ, helper: 'prerouting', rules: CLOSED })
    rig.set('r', { rules: ['output drop proto icmp icmp-type destination-unreachable'] })
    const call = open(rig, 'c1', 's1')
    call.up()
    rig.setMtu('r', 'srv0', 1300)
    return {
      probes: [
        call.up({ label: 'small' }),
        call.up({ payload: 1400, df: true, label: '1432-byte DF GRE' }),
        call.up({ payload: 1400, df: false, label: '1432-byte no-DF GRE (router fragments)' }),
      ],
    }
  },
  C12: rig => {
    rig.set('nat', { nat: MASQ, helper: 'prerouting', rules: CLOSED })
    const call = open(rig, 'c1', 's1')
    call.up()
    const known = rig.wire.length
    const up = call.up({ payload: 2000, df: false, label: '2032-byte GRE up' })
    const atServer = fragments(rig, known, 'to s1').map(({ offset, more, length, id }) =>
      offset === 0
        ? `gre len=${length} frag=0${more ? '+' : ''} cid=${id}`
        : `frag/47 len=${length} frag=${offset} cid=None`,
    )
    const down = call.down({ payload: 2000, df: false, label: '2032-byte GRE down' })
    return { probes: [up, down], fragments_seen_up: { 's1.eth0': atServer } }
  },
  C13: rig => {
    rig.routed()
    rig.greOpen('s1')
    const rules = [
      ['ip protocol 47 drop (matches all fragments)', 'forward drop proto gre'],
      ['drop only when GRE key bytes = 2222 (first fragment only)', 'forward drop proto gre call-id 2222'],
    ] as const
    return {
      results: rules.map(([rule, text]) => {
        rig.set('nat', { rules: [text] })
        const known = rig.wire.length
        const { outcome } = rig.probe('c1', IP.s1, 2222, { payload: 2000, df: false })
        const seen = fragments(rig, known, 'to s1').map(({ offset }) =>
          offset === 0 ? 'gre' : `frag/47 frag=${offset}`,
        )
        return { rule, outcome, fragments_at_server: seen }
      }),
    }
  },
  C14: rig => {
    rig.set('nat', { nat: MASQ })
    const server = rig.listen('s1')
    const out: Record<string, object> = {}
    const look = (tag: string, port: number, box: Box): void => {
      rig.set('r', box)
      const known = rig.wire.length
      const conn = rig.connect('c1', IP.s1, port)
      server.accept()
      const at = (from: string, flags: number): number[] =>
        rig.wire
          .slice(known)
          .filter(f => f.from === from && f.bytes[33] === flags)
          .map(f => mssOf(f.bytes))
          .slice(0, 1)
      out[tag] = {
        SYN_at_client: at('c1', 2),
        SYN_at_server: at('to s1', 2),
        SYNACK_at_server: at('s1', 18),
        SYNACK_at_client: at('to c1', 18),
      }
      conn.close()
    }
    look('no clamp, mtu 1500', 42_000, {})
    rig.setMtu('r', 'srv0', 1400)
    look('no clamp, r.srv0 mtu 1400', 42_001, {})
    look('iptables clamp-mss-to-pmtu, r.srv0 mtu 1400', 42_002, { clampMss: 'interfaces' })
    look('nft maxseg size set rt mtu, r.srv0 mtu 1400', 42_003, { clampMss: 'interfaces' })
    look('set-mss 1300', 42_004, { clampMss: 1300 })
    return out
  },
  C15: rig => {
    rig.routed()
    rig.greOpen('s1')
    const encapsulations = [
      ['GRE seq only, PPP FF03+2-byte proto, no MPPE', 12, 4],
      ['GRE seq+ack, PPP FF03+2-byte proto, no MPPE', 16, 4],
      ['GRE seq only, ACFC+PFC, no MPPE', 12, 1],
      ['GRE seq only, ACFC, 2-byte 00FD, MPPE 2 + inner proto 2', 12, 6],
      ['GRE seq+ack, ACFC, 2-byte 00FD, MPPE 2 + inner proto 2', 16, 6],
      ['GRE seq+ack, FF03, 2-byte 00FD, MPPE 2 + inner proto 2 (worst)', 16, 8],
      ['GRE seq only, ACFC+PFC (1-byte FD), MPPE 2 + inner proto 1 (best)', 12, 4],
    ] as const
    return {
      rows: encapsulations.map(([encapsulation, gre, ppp]) => {
        const overhead = 20 + gre + ppp
        const max_inner_ip = 1500 - overhead
        const send = (inner: number): string => {
          const ack = gre === 16 ? { ack: 1 } : {}
          return rig.probe('c1', IP.s1, 7, { payload: ppp + inner, df: true, ...ack, wait: ms(60) }).outcome
        }
        const [probe_at_max, probe_at_max_plus_1] = [send(max_inner_ip), send(max_inner_ip + 1)]
        return {
          encapsulation,
          overhead,
          max_inner_ip,
          probe_at_max,
          probe_at_max_plus_1,
          inner_tcp_mss: max_inner_ip - 40,
        }
      }),
    }
  },
  C16: rig => {
    rig.routed()
    rig.set('nat', { rules: ['forward drop proto tcp dport 1723'] })
    const start = rig.now
    const conn = rig.connect('c1', IP.s1, 43_000, 1723, sec(200))
    return {
      syn_sent_at_s: syns(rig, 'c1', start),
      error: errorOf(rig, conn),
      gave_up_after_s: (rig.now - start) / 1e9,
    }
  },
  C17: rig => {
    rig.routed()
    const out: Record<string, object> = {}
    const boxes: readonly (readonly [string, Box])[] = [
      ['no helper', { rules: HOST }],
      ['helper set in prerouting only', { rules: HOST, helper: 'prerouting' }],
      ['helper set in output', { rules: HOST, helper: 'output' }],
    ]
    for (const [i, [tag, box]] of boxes.entries()) {
      rig.set('c1', box)
      rig.flush('c1')
      const call = open(rig, 'c1', 's1', 40_001 + i, 2222 + i)
      out[tag] = { probes: [call.up(), call.down()] }
      close(rig, call)
    }
    return out
  },
  C18: rig => {
    rig.routed()
    const out: Record<string, object> = {}
    const rules = [...HOST, 'input accept proto tcp dport 1723']
    const boxes: readonly (readonly [string, Box])[] = [
      ['no helper', { rules }],
      ['helper set in prerouting', { rules, helper: 'prerouting' }],
    ]
    for (const [i, [tag, box]] of boxes.entries()) {
      rig.set('s1', box)
      rig.flush('s1')
      const call = open(rig, 'c1', 's1', 40_001 + i, 2222 + i)
      out[tag] = { probes: [call.up(), call.down()] }
      close(rig, call)
    }
    return out
  },
}

function open(rig: Rig, from: 'c1', to: 's1', port = 40_001, serverId = 2222): Call {
  const server = rig.listen(to)
  rig.greOpen(from, to)
  return new Call(rig, from, server, IP[to], port, 1111, serverId)
}

function close(rig: Rig, call: Call): void {
  call.c.close()
  rig.wait(ms(50))
  call.d.close()
  rig.wait(ms(100))
}

interface Fragment {
  readonly offset: number
  readonly more: boolean
  readonly length: number
  readonly id: number
}
/** GRE packets and fragments that were on the wire. */
function fragments(rig: Rig, since: number, from: string): Fragment[] {
  const found = rig.wire.slice(since).filter(frame => frame.from === from && frame.bytes[9] === 47)
  return found.map(({ bytes }) => {
    const word = get16(bytes, 6)
    return { offset: (word & 0x1fff) << 3, more: (word & 0x2000) !== 0, length: get16(bytes, 2), id: get16(bytes, 26) }
  })
}

/** The option of a SYN whose IP header has no options: ours is the first. */
const mssOf = (b: Uint8Array): number => (b[40] === 2 ? get16(b, 42) : 0)

function syns(rig: Rig, from: string, start: number): number[] {
  return rig.net.events
    .filter(e => e.event === 'send' && e.node === from && e.proto === 'tcp' && e.t >= start)
    .map(e => Math.round((e.t - start) / 1e8) / 10)
}

const ERRORS: Readonly<Record<number, string>> = {
  0: 'ENETUNREACH',
  1: 'EHOSTUNREACH',
  2: 'ENOPROTOOPT',
  3: 'ECONNREFUSED',
  9: 'ENETUNREACH',
  10: 'EHOSTUNREACH',
  13: 'EHOSTUNREACH',
}
/** What connect() would have told: an ICMP error counts once it has ended the attempt. */
function errorOf(rig: Rig, conn: Conn): string | null {
  if (conn.error === undefined) return 'ETIMEDOUT(test gave up)'
  if (conn.error === 'refused' || conn.error === 'reset') return 'ECONNREFUSED'
  if (conn.error === 'timeout') return 'ETIMEDOUT'
  const last = rig.icmp.get('c1')?.at(-1)
  return last ? ERRORS[last.code] : conn.error
}

function blocked(rig: Rig, block: string, rule: string | undefined, port: number): object {
  rig.set('nat', { rules: rule === undefined ? [] : [rule] })
  rig.wait(sec(1))
  const isDown = block.startsWith('host down')
  const to = isDown ? '203.0.113.99' : IP.s1
  const start = rig.now
  const known = rig.icmp.get('c1')?.length ?? 0
  const conn = rig.connect('c1', to, port, block.startsWith('no listener') ? 1724 : 1723, isDown ? sec(5) : ms(3600))
  const after_s = (rig.now - start) / 1e9
  const error = errorOf(rig, conn)
  const syn_sent = syns(rig, 'c1', start).length
  const icmp = rig.icmp
    .get('c1')
    ?.slice(known)
    .map(({ type, code, from }) => `${type}/${code} from ${from}`)
    .slice(0, 1)
  conn.abort()
  rig.wait(ms(50))
  return { block, connect_error: error, after_s, syn_sent, icmp }
}
