/** B: translation with the helper, on the client's side, the server's, or both. */
import { formatIpv4 } from '../../src/base/address.ts'
import { get16 } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import type { RuleSet } from '../../src/filter/rules.ts'
import * as Ipv4Header from '../../src/wire/ipv4.ts'
import type { Cases } from './case.ts'
import * as M from './messages.ts'
import { type Box, Call, CLOSED, dnat, IP, MASQ, masquerade, type Probe, type Rig } from './rig.ts'

const HELPED: Box = { nat: MASQ, helper: 'prerouting', rules: CLOSED }
const OPEN: Box = { nat: MASQ, helper: 'prerouting' }

/** Translation on the server's side; the clients are routed. */
function serverSide(rig: Rig, more: { gre?: boolean; helper?: boolean } = {}): void {
  rig.routed()
  const forwards = [dnat({ inside: 'wan0', protocol: 6, target: IP.s3 })]
  if (more.gre) forwards.push(dnat({ inside: 'wan0', protocol: 47, target: IP.s3 }))
  rig.set('sn', { nat: [...forwards, ...MASQ], rules: CLOSED, ...(more.helper ? { helper: 'prerouting' } : {}) })
}

const CARRIER: Box = {
  nat: [masquerade('srv0')],
  rules: CLOSED.map(rule => rule.replace('lan0', 'wan0')),
}

export const B: Cases = {
  B1: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  B2: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 'c2', 's1')
    const one = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2221)
    const two = new Call(rig, 'c2', server, IP.s1, 40002, 1111, 2222)
    const probes = [one.up(), two.up(), one.down({ label: 's1->c1' }), two.down({ label: 's1->c2' })]
    return { calls: [one.summary(), two.summary()], probes }
  },
  B3: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 'c2', 's1')
    const one = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2221)
    const two = new Call(rig, 'c2', server, IP.s1, 40001, 1111, 2222)
    const probes = [one.up(), two.up(), one.down({ label: 's1->c1' }), two.down({ label: 's1->c2' })]
    const same = [one, two].map(call => call.atServer.callid === call.d.peerPort)
    return { new_callid_equals_translated_tcp_port: same, probes }
  },
  B4: rig => {
    rig.set('nat', HELPED)
    const servers = [rig.listen('s1'), rig.listen('s2')]
    rig.greOpen('c1', 'c2', 's1', 's2')
    const one = new Call(rig, 'c1', servers[0], IP.s1, 40001, 1111, 2222)
    const two = new Call(rig, 'c2', servers[1], IP.s2, 40001, 1111, 2222)
    const probes = [one.up(), two.up(), one.down({ label: 's1->c1' }), two.down({ label: 's2->c2' })]
    return { calls: [one.summary(), two.summary()], probes }
  },
  B5: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    return { probes: [call.down(), call.up()] }
  },
  B6: rig => {
    rig.set('nat', OPEN)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222, 'SCCRP')
    call.c.send(M.ocrq(1111))
    call.atServer = call.d.get()
    const early = call.down({ label: 's1->c1 before OCRP' })
    call.d.send(M.ocrp(2222, call.atServer.callid ?? 0))
    call.atClient = call.c.get()
    return { probes: [early, call.down({ label: 's1->c1 after OCRP' }), call.up()] }
  },
  B7: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const probes = [call.up(), call.down()]
    call.c.send(M.ccrq(1111))
    const CCRQ_at_server = call.d.recv()
    probes.push(call.up({ label: 'c1->s1 after CCRQ' }), call.down({ label: 's1->c1 after CCRQ' }))
    call.d.send(M.cdn(2222))
    const CDN_at_client = call.c.recv()
    probes.push(
      call.down({ label: 's1->c1 after CDN' }),
      call.up({ label: 'c1->s1 after CDN' }),
      call.down({ label: 's1->c1 after CDN, after up' }),
    )
    return { CCRQ_at_server, CDN_at_client, probes }
  },
  B8: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const probes = [call.up(), call.down()]
    call.c.send(M.stopRequest())
    call.d.get()
    call.d.send(M.stopReply())
    call.c.get()
    probes.push(call.up({ label: 'c1->s1 after StopCCRP' }), call.down({ label: 's1->c1 after StopCCRP' }))
    close(rig, call)
    probes.push(call.up({ label: 'c1->s1 after FIN' }), call.down({ label: 's1->c1 after FIN' }))
    return { probes }
  },
  B9: rig => {
    rig.set('nat', { ...HELPED, timeouts: { tcpTimeWait: sec(3), tcpClose: sec(3) } })
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const end = (how: 'FIN' | 'RST', port: number) => {
      const call = new Call(rig, 'c1', server, IP.s1, port, 1111, 2222)
      call.up()
      call.down()
      if (how === 'RST') call.c.abort()
      close(rig, call)
      const start = rig.now
      const probes = [
        call.down({ label: `s1->c1 right after ${how}` }),
        call.up({ label: `c1->s1 right after ${how}` }),
      ]
      rig.until(() => !rig.hasGre('nat'), sec(8))
      const gone = Math.round((rig.now - start) / 1e9)
      probes.push(
        call.down({ label: `s1->c1 after master gone (${how})` }),
        call.up({ label: `c1->s1 after master gone (${how})` }),
      )
      rig.flush('nat')
      return { probes, gre_entry_gone_after_s: gone }
    }
    return { FIN: end('FIN', 40001), RST: end('RST', 40011) }
  },
  B10: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222, 'SCCRP')
    const messages: object[] = []
    const note = (dir: string, sent: M.Seen, received: M.Seen): M.Seen => {
      messages.push({ dir, sent, received, edited: JSON.stringify(sent) !== JSON.stringify(received) })
      return received
    }
    const up = (message: Uint8Array): M.Seen => {
      call.c.send(message)
      return note('client->server', M.read(message), call.d.get())
    }
    const down = (message: Uint8Array): M.Seen => {
      call.d.send(message)
      return note('server->client', M.read(message), call.c.get())
    }
    up(M.echoRequest())
    down(M.echoReply())
    down(M.echoRequest())
    up(M.echoReply())
    const { callid = 0 } = up(M.ocrq(1111))
    down(M.ocrp(2222, callid))
    up(M.sli(2222))
    down(M.sli(callid))
    down(M.wen(callid))
    up(M.ccrq(1111))
    down(M.cdn(2222))
    up(M.stopRequest())
    down(M.stopReply())
    return { messages }
  },
  B11: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222, 'SCCRP')
    call.c.send(M.echoRequest(), M.ocrq(1111))
    call.d.get()
    call.atServer = call.d.get()
    call.d.send(M.echoReply(), M.ocrp(2222, call.atServer.callid ?? 0))
    call.c.get()
    call.atClient = call.c.get()
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  B12: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222, 'SCCRP')
    const message = M.ocrq(1111)
    call.c.send(message.subarray(0, 60))
    rig.wait(ms(100))
    call.c.send(message.subarray(60))
    call.atServer = call.d.get()
    call.d.send(M.ocrp(2222, call.atServer.callid ?? 0))
    call.atClient = call.c.get()
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  B13: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222, 'TCP')
    call.c.send(M.sccrq(), M.ocrq(1111))
    call.d.get()
    call.atServer = call.d.get()
    call.d.send(M.sccrp(), M.ocrp(2222, call.atServer.callid ?? 0))
    call.c.get()
    call.atClient = call.c.get()
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  B14: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const call1 = call.summary()
    const probes = [call.up({ label: 'call1 up' }), call.down({ label: 'call1 down' })]
    const { atServer, atClient } = call
    call.call(1112, 2223)
    const call2 = call.summary()
    probes.push(call.up({ label: 'call2 up' }), call.down({ label: 'call2 down' }))
    call.atServer = atServer
    call.atClient = atClient
    probes.push(call.up({ label: 'call1 up again' }), call.down({ label: 'call1 down again' }))
    return { call1, call2, probes }
  },
  B15: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222, 'SCCRP')
    call.d.send(M.icrq(2222))
    const asked = call.c.get()
    call.c.send(M.icrp(1111, asked.callid ?? 0))
    const answered = call.d.get()
    call.d.send(M.iccn(answered.callid ?? 0))
    const connected = call.c.get()
    call.atServer = answered
    call.atClient = asked
    const probes = [call.up(), call.down()]
    return { ICRQ_at_client: asked, ICRP_at_server: answered, ICCN_at_client: connected, probes }
  },
  B16: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222, 'SCCRP')
    call.c.send(M.icrq(1111))
    const asked = call.d.get()
    call.d.send(M.icrp(2222, asked.callid ?? 0))
    const answered = call.c.get()
    call.c.send(M.iccn(answered.callid ?? 0))
    const connected = call.d.get()
    call.atServer = asked
    call.atClient = answered
    const probes = [call.up(), call.down()]
    return { ICRQ_at_server: asked, ICRP_at_NAS: answered, ICCN_at_server: connected, probes }
  },
  B17: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222, 'SCCRP')
    call.call(1111, 2222, 4)
    return { call: call.summary(), probes: [call.down(), call.up()] }
  },
  B18: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1', 's2')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const told = call.atServer.callid
    const probes = [
      call.up(),
      call.down(),
      rig.probe('s1', IP.nat, 1111, { label: 's1->nat with un-translated client call ID' }),
      rig.probe('s1', IP.nat, 999, { label: 's1->nat unknown call ID' }),
      rig.probe('s2', IP.nat, told, { label: 's2->nat right call ID, wrong server' }),
    ]
    rig.set('nat', OPEN)
    probes.push(rig.probe('s2', IP.nat, told, { label: 's2->nat right call ID, wrong server, input open' }))
    return { probes }
  },
  B19: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const probes = [call.up(), call.down()]
    rig.wait(ms(400))
    rig.flush('nat')
    probes.push(
      call.down({ label: 's1->c1 after flush' }),
      call.up({ label: 'c1->s1 after flush' }),
      call.down({ label: 's1->c1 after flush+up' }),
    )
    call.c.send(M.echoRequest())
    const echo_rq_at_server = call.d.recv()
    call.d.send(M.echoReply())
    const echo_rp_at_client = call.c.recv()
    probes.push(call.up({ label: 'c1->s1 after echo' }), call.down({ label: 's1->c1 after echo' }))
    call.call(1113, 2224)
    const new_ocrq_on_old_tcp = call.summary()
    probes.push(call.up({ label: 'new OCRQ on old TCP up' }), call.down({ label: 'new OCRQ on old TCP down' }))
    const again = new Call(rig, 'c1', server, IP.s1, 40021, 1115, 2225)
    probes.push(again.up({ label: 'redial up' }), again.down({ label: 'redial down' }))
    return { probes, echo_rq_at_server, echo_rp_at_client, new_ocrq_on_old_tcp, redial: again.summary() }
  },
  B20: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    rig.wait(ms(400))
    rig.flush('nat')
    call.d.send(M.echoRequest())
    const echo_at_client_input_drop = call.c.recv(ms(500)) ?? null
    rig.wait(ms(300))
    rig.set('nat', OPEN)
    rig.wait(ms(1600))
    const server_socket_after = call.d.recv(ms(300)) ?? null
    return {
      echo_at_client_input_drop,
      input_open_rst_to_server: server_socket_after === 'ERR ECONNRESET',
      server_socket_after,
    }
  },
  B21: rig => {
    rig.set('nat', { ...HELPED, loose: false })
    const server = rig.listen('s1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    rig.wait(ms(400))
    rig.flush('nat')
    const known = rig.wire.length
    call.c.send(M.echoRequest())
    const echo_at_server = call.d.recv(ms(500)) ?? null
    rig.wait(ms(300))
    const on_wan = rig.wire
      .slice(known)
      .filter(({ from, bytes }) => from === 'to s1' && bytes[9] === 6)
      .slice(0, 2)
      .map(({ bytes }) => segment(bytes))
    return { echo_at_server, on_wan, leaked_private_source: on_wan.some(({ src }) => src === IP.c1) }
  },
  B22: rig => {
    rig.set('nat', { ...HELPED, timeouts: { gre: sec(2), greStream: sec(3) } })
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    call.up()
    call.down()
    call.up()
    const start = rig.now
    rig.until(() => !rig.hasGre('nat'), sec(8))
    const measured_idle_expiry_s = Math.round((rig.now - start) / 1e9)
    const probes = [
      call.down({ label: 's1->c1 after expiry' }),
      call.up({ label: 'c1->s1 after expiry' }),
      call.down({ label: 's1->c1 after expiry+up' }),
    ]
    call.c.send(M.echoRequest())
    const echo_still_ok = call.d.get().msg === 'EchoRQ'
    call.call(1113, 2223)
    probes.push(call.up({ label: 'new OCRQ on same TCP, up' }), call.down({ label: 'new OCRQ on same TCP, down' }))
    return { measured_idle_expiry_s, probes, echo_still_ok }
  },
  B23: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 'c2', 's1')
    const one = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const two = new Call(rig, 'c2', server, IP.s1, 40002, 1112, 2222)
    const probes = [one.up(), two.up(), one.down({ label: 's1->c1' }), two.down({ label: 's1->c2' })]
    return { calls: [one.summary(), two.summary()], probes }
  },
  B24: rig => {
    serverSide(rig)
    const server = rig.listen('s3')
    rig.greOpen('c1', 's3')
    const call = new Call(rig, 'c1', server, IP.sn, 40001, 1111, 2222)
    return { call: call.summary(), probes: [call.up(), call.down(), call.up({ label: 'c1->s3 #2' })] }
  },
  B25: rig => twoToServer(rig, { gre: true }, [40001, 40002]),
  B26: rig => twoToServer(rig, { helper: true }, [40001, 40002]),
  B27: rig => twoToServer(rig, { helper: true }, [40001, 40001]),
  B28: rig => {
    rig.set('nat', HELPED)
    const { probes } = twoToServer(rig, { helper: true }, [40001, 40001])
    return { probes }
  },
  B29: rig => {
    rig.set('nat', HELPED)
    rig.set('r', CARRIER)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  B30: rig => {
    rig.set('nat', HELPED)
    rig.set('r', { ...CARRIER, helper: 'prerouting' })
    const server = rig.listen('s1')
    rig.greOpen('c1', 'c2', 's1')
    const one = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2221)
    const two = new Call(rig, 'c2', server, IP.s1, 40001, 1111, 2222)
    return { probes: [one.up(), two.up(), one.down({ label: 's1->c1' }), two.down({ label: 's1->c2' })] }
  },
  B31: rig => {
    const out: Record<string, object> = {}
    const nat = [dnat({ to: IP.nat, protocol: 6, target: IP.c3 }), ...MASQ, masquerade('lan0', 'lan0')]
    for (const [tag, helper] of [
      ['no_helper', false],
      ['helper', true],
    ] as const) {
      rig.set('nat', { nat, ...(helper ? { helper: 'prerouting' } : {}) })
      rig.flush('nat')
      const server = rig.listen('c3')
      rig.greOpen('c1', 'c3')
      const call = new Call(rig, 'c1', server, IP.nat, helper ? 40002 : 40001, 1111, 2222)
      const probes = [call.up({ label: 'c1->c3 via public ip' }), call.down({ label: 'c3->c1 via nat' })]
      out[tag] = { call: call.summary(), probes }
      close(rig, call)
      rig.greClose('c1', 'c3')
    }
    return out
  },
  B32: rig => {
    rig.set('nat', OPEN)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    return { call: call.summary(), probes: [call.up(), call.down()] }
  },
  B33: rig => {
    const nat = rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const call = new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const probes = [call.up(), call.down()]
    nat.conntrack.remove(flow => flow.original.protocol === 6)
    rig.wait(ms(200))
    probes.push(call.up({ label: 'c1->s1 after -D tcp' }), call.down({ label: 's1->c1 after -D tcp' }))
    return { probes }
  },
  B34: rig => {
    const states = ['invalid', 'new', 'related', 'established'] as const
    const counters = states.map(state => `forward accept proto gre state ${state}`)
    const judge = rig.set('nat', { ...HELPED, rules: [...CLOSED, ...counters] }).setup.judge as RuleSet
    const counted = (): number[] => judge.rules('forward').map(({ packets }) => packets)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    new Call(rig, 'c1', server, IP.s1, 40001, 1111, 2222)
    const head = (flags: number, length: number): Uint8Array => {
      const b = new Uint8Array(length)
      b.set([flags >> 8, flags & 255, 0x88, 0x0b])
      if (length >= 8) b.set([0x08, 0xae], 6)
      return b
    }
    const variants: readonly (readonly [string, (sequence: number) => Uint8Array])[] = [
      ['normal', n => M.gre(2222, n)],
      ['ack only, no payload', () => head(0x2081, 12)],
      ['version 1, protocol 0x0800', n => M.gre(2222, n, { protocol: 0x0800 })],
      ['version 0 keyless', M.gre0],
      ['8-byte header only', () => head(0x2001, 8)],
      ['6 bytes (truncated before call id)', () => head(0x2001, 6)],
    ]
    return {
      variants: variants.map(([variant, raw]) => {
        const known = rig.net.events.length
        const before = counted()
        rig.probe('c1', IP.s1, 2222, { raw })
        const after = counted()
        const ct_state = states.filter((_, i) => after[i] > before[i]).map(state => state.slice(0, 3))
        const arrived = rig.net.events
          .slice(known)
          .find(e => e.event === 'forward' && e.node === 'r' && e.proto === 'gre')
        const source = arrived?.event === 'forward' ? arrived.src : null
        return { variant, ct_state, reaches_server: source !== null, source_at_server: source }
      }),
    }
  },
  B35: rig => {
    rig.set('nat', HELPED)
    const server = rig.listen('s1')
    rig.greOpen('c1', 's1')
    const out: Record<string, object> = {}
    for (const [tag, port, id] of [
      ['first', 40001, 2222],
      ['redial_new_server_id', 40002, 2223],
      ['redial_reused_server_id', 40003, 2222],
    ] as const) {
      const call = new Call(rig, 'c1', server, IP.s1, port, 1111, id)
      out[tag] = { call: call.summary(), probes: [call.up(), call.down()] }
    }
    return out
  },
  B36: rig => {
    const out: Record<string, object> = {}
    const forward = ['policy forward drop', 'forward accept proto tcp dport 1723']
    for (const [i, [tag, first]] of (
      [
        ['client first', 'up'],
        ['server first', 'down'],
      ] as const
    ).entries()) {
      rig.set('nat', { ...HELPED, rules: [...CLOSED, ...forward, 'forward accept state established'] })
      rig.flush('nat')
      const server = rig.listen('s1')
      rig.greOpen('c1', 's1')
      const call = new Call(rig, 'c1', server, IP.s1, 40001 + i, 1111, 2222 + i)
      const probes: Probe[] = [call[first]({ label: `${first} while related is dropped` })]
      rig.set('nat', { ...HELPED, rules: [...CLOSED, ...forward, 'forward accept state established,related'] })
      probes.push(call.up({ label: 'up after rule fixed' }), call.down({ label: 'down after rule fixed' }))
      out[tag] = { probes }
      close(rig, call)
    }
    return out
  },
  B37: rig => {
    const out: Record<string, object> = {}
    for (const [i, [tag, dev]] of (
      [
        ['server->client dropped', 'srv0'],
        ['client->server dropped', 'wan0'],
      ] as const
    ).entries()) {
      rig.set('nat', HELPED)
      rig.flush('nat')
      rig.set('r', { rules: [`forward drop in ${dev} proto gre`] })
      const server = rig.listen('s1')
      rig.greOpen('c1', 's1')
      const call = new Call(rig, 'c1', server, IP.s1, 40001 + i, 1111, 2222 + i)
      out[tag] = { probes: [call.up(), call.down(), call.up({ label: 'up again' })] }
      close(rig, call)
    }
    return out
  },
}

/** As the rig writes a TCP segment down. */
function segment(b: Uint8Array) {
  const tcp = b.subarray(20)
  const flags = [...'FSRPAU'].filter((_, bit) => tcp[13] & (1 << bit)).join('')
  return {
    src: formatIpv4(Ipv4Header.source(b, 0)),
    dst: formatIpv4(Ipv4Header.destination(b, 0)),
    len: Ipv4Header.totalLength(b, 0),
    df: (b[6] & 0x40) !== 0,
    p: 'tcp',
    sport: get16(tcp, 0),
    dport: get16(tcp, 2),
    flags,
    ctl: [M.read(tcp.subarray((tcp[12] >> 4) * 4))],
    io: 'out',
  }
}

function close(rig: Rig, call: Call): void {
  call.c.close()
  rig.wait(ms(50))
  call.d.close()
  rig.wait(ms(100))
}

function twoToServer(rig: Rig, more: { gre?: boolean; helper?: boolean }, ports: readonly [number, number]) {
  serverSide(rig, more)
  const server = rig.listen('s3')
  rig.greOpen('c1', 'c2', 's3')
  const one = new Call(rig, 'c1', server, IP.sn, ports[0], 1111, 2221)
  const two = new Call(rig, 'c2', server, IP.sn, ports[1], 1111, 2222)
  const probes = [one.up(), two.up(), one.down({ label: 's3->c1' }), two.down({ label: 's3->c2' })]
  return { calls: [one.summary(), two.summary()], probes }
}
