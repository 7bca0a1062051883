/** The questions of the fault tree about ends and their words; those about ways stand in doctor-lost.ts. */
import { type Evidence, isDeaf, wayEvidence } from './evidence.ts'
import type { Dial, End, Facts, Message, Step, Tunnel } from './facts.ts'
import { LOST } from './lost.ts'
import { NAT } from './nat.ts'
import { type Ask, aTunnel, found, NO, type Reply, UNKNOWN, yes } from './reply.ts'
import { at } from './words.ts'

const aCall =
  (ask: (dial: Dial) => Reply): Ask =>
  (_, one) =>
    one.kind === 'dial' ? ask(one) : NO

const endEvidence = ({ t, node, layer, reason, detail }: End): Evidence => ({
  text: `${node} at ${at(t)}: tunnel-end ${layer} ${reason}. ${detail}`.trimEnd(),
  t,
  node,
})
const messageEvidence = ({ t, node, way, proto, type, detail, packet }: Message): Evidence => ({
  text: `${node} at ${at(t)} ${way} ${proto} ${type}${detail === '' ? '' : `: ${detail}`}${packet === undefined ? '' : ` (${packet})`}`,
  t,
  node,
  ...(packet === undefined ? {} : { packet }),
})

const ends = ({ end, peerEnd }: Tunnel): End[] => [peerEnd, end].filter(one => one !== undefined)

/** The ends whose reason or words fit. */
const said = (tunnel: Tunnel, fits: (end: End) => boolean): Evidence[] => ends(tunnel).filter(fits).map(endEvidence)
const spoken = (tunnel: Tunnel, fits: (message: Message) => boolean): Evidence[] => {
  const messages = tunnel.messages.filter(fits)
  return messages.slice(0, 2).map(messageEvidence)
}

const reached = (step: Step, name: string): Ask =>
  aTunnel(tunnel => {
    const t = tunnel.reached.get(step)
    return t === undefined ? NO : yes(`${name} at ${at(t)}`, { t, node: tunnel.client })
  })

/** What the server said when it refused a call, to its own log and in the reply. */
const refusals = (tunnel: Tunnel, words: RegExp): Reply =>
  found([
    ...said(tunnel, ({ reason, detail }) => (reason === 'refused' || reason === 'not-admitted') && words.test(detail)),
    ...(tunnel.refusal && words.test(tunnel.refusal.detail) ? [messageEvidence(tunnel.refusal)] : []),
  ])

/** A share of what arrived that its receiver could not use. */
const SPOILED_SHARE = 0.03
const SPOILED_LEAST = 15

export function spoiledBy(tunnel: Tunnel, ...reasons: readonly string[]): Evidence[] {
  return [tunnel.gre.up, tunnel.gre.down].flatMap(way =>
    [...way.spoiled.values()]
      .filter(({ reason, count }) => {
        return reasons.includes(reason) && count >= Math.max(SPOILED_LEAST, way.sent * SPOILED_SHARE)
      })
      .map(({ node, reason, count, first, packet, detail }) => ({
        text: `${node} discards ${count} of ${way.sent} packets that have arrived, from ${at(first)} on (${reason}${detail ? `; ${detail}` : ''})`,
        t: first,
        node,
        count,
        ...(packet === undefined ? {} : { packet }),
      })),
  )
}

const late: Ask = aTunnel(tunnel => found(spoiledBy(tunnel, 'gre-late', 'gre-out-of-window')))
const overtaken: Ask = aTunnel(tunnel => {
  const dropped = spoiledBy(tunnel, 'gre-late', 'gre-out-of-window')
  if (dropped.length > 0) return found(dropped)
  return isStateful(tunnel) ? NO : found(spoiledBy(tunnel, 'mppe-out-of-sync'))
})
const resets = (tunnel: Tunnel): Message[] =>
  tunnel.messages.filter(({ proto, type }) => proto === 'ccp' && type === 'reset-request')
const isStateful = (tunnel: Tunnel): boolean => resets(tunnel).length > 1

const RESTRICTED = /\b(?:error |E=)(64[6-9])\b/
const REFUSED = /\b(?:error |E=)691\b/

/** `terminate-request` tells why in words of its sender. */
const byWords =
  (words: RegExp) =>
  ({ detail }: End | Message): boolean =>
    words.test(detail)
const noMppe = byWords(/[Ee]ncryption is required|MPPE required|mppe.*required/)
const noAuth = byWords(
  /refuses to authenticate|refused to authenticate|[Nn]o auth is possible|authentication in common/,
)
const byLimit = byWords(/Nothing has passed|has lasted|Link inactive|Connect time expired|lack of activity/)
/** What a user, or a service that is ended for him, says when he leaves. */
const byUser = byWords(/user has disconnected|user has hung up|User request/)

export const wantedByServer = (tunnel: Tunnel): boolean =>
  tunnel.end !== undefined &&
  ['peer-closed', 'disconnected', 'stopped-by-peer', 'tcp-closed'].includes(tunnel.end.reason)

const isSilence = ({ reason }: End): boolean =>
  ['echo-timeout', 'tcp-timeout', 'tcp-reset', 'control-lost', 'lower-down', 'tcp-unreachable', 'timeout'].includes(
    reason,
  )

const releaseCause = (dial: Dial, ...causes: readonly number[]): Reply =>
  causes.some(cause => dial.end.detail.includes(`cause ${cause} `))
    ? yes(`${dial.node} at ${at(dial.end.t)}: ${dial.end.detail}`, { t: dial.end.t, node: dial.node })
    : NO

const OWN = {
  tcp: reached('tcp', 'TCP was open'),
  admitted: aTunnel(tunnel =>
    found([
      ...said(tunnel, ({ reason }) => reason === 'not-admitted'),
      ...(tunnel.refusal?.type.startsWith('start') ? [messageEvidence(tunnel.refusal)] : []),
    ]),
  ),
  'bad-control': aTunnel(tunnel =>
    found([
      ...said(tunnel, ({ reason }) => reason === 'out-of-sync' || reason === 'version'),
      ...spoken(tunnel, ({ proto, type }) => proto === 'pptp' && type === 'malformed'),
    ]),
  ),
  control: reached('control', 'the control connection was established'),
  pool: aTunnel(tunnel => refusals(tunnel, /address of the pool|not enough IP|no free (?:address|IP)/i)),
  limit: aTunnel(tunnel => refusals(tunnel, /as many as|calls,|connections?,/)),
  'number-busy': aTunnel(tunnel => refusals(tunnel, /\(Busy\)|cause 17 /)),
  'number-silent': aTunnel(tunnel => refusals(tunnel, /\(Time-out\)|cause 1[89] /)),
  'number-unknown': aTunnel(tunnel => refusals(tunnel, /cause 1 /)),
  'call-refused': aTunnel(tunnel => refusals(tunnel, /./)),
  call: reached('call', 'the call was established'),
  'auth-method': aTunnel(tunnel =>
    found([
      ...said(tunnel, end => end.reason === 'auth-refused' || noAuth(end)),
      ...spoken(tunnel, message => message.type === 'terminate-request' && noAuth(message)),
    ]),
  ),
  lcp: reached('lcp', 'LCP opened'),
  'both-heard': aTunnel(({ gre: { up, down } }, { kind }) => {
    if (kind === 'capture') return up.sent > 0 && down.sent > 0 ? UNKNOWN : NO
    return up.arrived && down.arrived && !isDeaf(up) && !isDeaf(down)
      ? found([wayEvidence(up, 'GRE up'), wayEvidence(down, 'GRE down')])
      : NO
  }),
  'spoiled-late': late,
  loops: aTunnel(tunnel =>
    found(spoken(tunnel, ({ proto, type }) => proto === 'lcp' && /configure-(?:nak|reject)/.test(type))),
  ),

  // The user
  radius: aTunnel((tunnel, facts) => {
    const silent = facts.radius.filter(({ t }) => t >= tunnel.from && t <= tunnel.until && !tunnel.reached.has('auth'))
    const words = spoken(tunnel, ({ type, detail }) => type === 'terminate-request' && /RADIUS/.test(detail))
    if (silent.length === 0) return found(words)
    const lost = facts.losses.filter(
      ({ proto, reason, first }) =>
        first >= tunnel.from && (reason === 'radius-unexpected' || (proto === 'udp' && reason !== 'tcp-unexpected')),
    )
    return found([...silent.map(messageEvidence), ...lost.map(loss => lossOf(loss))])
  }),
  // The words of an end are about its peer: of the client's about the server, and the other way round.
  unproved: aTunnel(tunnel =>
    found(
      said(tunnel, end => {
        if (end.reason !== 'auth-failed') return false
        const ofServer = end.node === tunnel.client ? /did not prove|does not prove/ : /^The peer does not accept user/
        return ofServer.test(end.detail)
      }),
    ),
  ),
  restricted: aTunnel(tunnel =>
    found([
      ...said(tunnel, ({ detail, reason }) => reason === 'auth-failed' && RESTRICTED.test(detail)),
      ...spoken(tunnel, ({ proto, type, detail }) => proto === 'chap' && type === 'failure' && RESTRICTED.test(detail)),
    ]),
  ),
  rejected: aTunnel(tunnel =>
    tunnel.reached.has('auth')
      ? NO
      : found([
          ...said(tunnel, ({ reason }) => reason === 'auth-failed'),
          ...spoken(
            tunnel,
            ({ proto, type, detail }) =>
              (proto === 'chap' && type === 'failure' && (REFUSED.test(detail) || detail !== '')) ||
              (proto === 'pap' && type === 'authenticate-nak'),
          ),
        ]),
  ),
  encryption: aTunnel(tunnel =>
    tunnel.reached.has('ipcp')
      ? NO
      : found([
          ...said(tunnel, end => end.reason === 'mppe-required' || noMppe(end) || end.layer === 'ccp'),
          ...spoken(tunnel, message => message.type === 'terminate-request' && noMppe(message)),
        ]),
  ),
  auth: aTunnel(tunnel =>
    tunnel.reached.has('auth') || tunnel.reached.has('ipcp')
      ? yes('the user is authenticated', { node: tunnel.client })
      : NO,
  ),
  'proof-unanswered': aTunnel(tunnel => {
    if (isDeaf(tunnel.gre.up) || isDeaf(tunnel.gre.down)) return NO
    return found(
      spoken(tunnel, ({ type, proto }) => (proto === 'chap' && type === 'response') || type === 'authenticate-request'),
    )
  }),
  'no-address': aTunnel(tunnel =>
    tunnel.reached.has('ipcp')
      ? NO
      : found(
          said(tunnel, ({ layer, reason }) => reason === 'no-address' || (layer === 'ipcp' && reason !== 'lower-down')),
        ),
  ),
  up: reached('ipcp', 'the tunnel was up'),

  // A tunnel that was up
  'limit-ended': aTunnel(tunnel =>
    found([
      ...said(tunnel, byLimit),
      ...spoken(tunnel, message => message.type === 'terminate-request' && byLimit(message)),
    ]),
  ),
  'server-ended': aTunnel(tunnel =>
    wantedByServer(tunnel) && tunnel.end && !byUser(tunnel.end) ? found(ends(tunnel).map(endEvidence)) : NO,
  ),
  'client-ended': aTunnel(tunnel =>
    found(said(tunnel, ({ reason, node }) => reason === 'tcp-closed' && node !== tunnel.client)),
  ),
  'crypto-lost': aTunnel((tunnel, { kind }) => {
    const lost = spoiledBy(tunnel, 'mppe-out-of-sync')
    // In a capture nobody tells what could not be read; that somebody asks for resets says it.
    if (!isStateful(tunnel) || (lost.length === 0 && kind === 'run')) return NO
    const asked = resets(tunnel)
    return found([
      ...lost,
      { text: `${asked.length} Reset-Requests of CCP`, count: asked.length, t: asked[0].t, node: asked[0].node },
    ])
  }),
  overtaken,
  refused: aTunnel(tunnel => {
    const { end, server } = tunnel
    if (end?.reason !== 'tcp-refused') return NO
    const stranger = [...tunnel.tcp.up.astray.keys()].at(-1)
    const ruled = [...tunnel.tcp.up.all.values(), ...tunnel.tcp.down.all.values()].some(({ reason }) =>
      reason.startsWith('filter'),
    )
    const who = server ?? stranger ?? tunnel.target
    return ruled ? NO : found([endEvidence(end), { text: `the request to open TCP has reached ${who}`, node: who }])
  }),
  'fell-silent': aTunnel(tunnel => found(said(tunnel, isSilence).filter(() => tunnel.reached.has('ipcp')))),
  'user-silent': aTunnel(({ end, peerEnd }) =>
    peerEnd && !end && /timeout/.test(peerEnd.reason) ? found([endEvidence(peerEnd)]) : NO,
  ),
  'no-syn-ack': aTunnel(tunnel =>
    tunnel.reached.has('tcp') ? NO : found([...ends(tunnel).map(endEvidence), wayEvidence(tunnel.tcp.up, 'TCP 1723')]),
  ),
  'no-reply': aTunnel(tunnel =>
    tunnel.reached.has('call')
      ? NO
      : found([wayEvidence(tunnel.tcp.up, 'TCP 1723 up'), wayEvidence(tunnel.tcp.down, 'TCP 1723 down')]),
  ),

  // Telephone calls
  'line-busy': aCall(dial => releaseCause(dial, 17, 34)),
  'line-silent': aCall(dial => releaseCause(dial, 18, 19)),
  'line-unknown': aCall(dial => releaseCause(dial, 1)),
  'line-rejected': aCall(({ end }) => (end.reason === 'auth-failed' ? found([endEvidence(end)]) : NO)),
  'line-explained': aCall(({ said: lines, tunnels }) => {
    const passed = lines.filter(({ proto }) => proto === 'nas')
    return passed.length > 0 || tunnels.length > 0
      ? found([...passed.map(messageEvidence), { text: `${tunnels.length} tunnels of access servers were there` }])
      : NO
  }),
} satisfies Readonly<Record<string, Ask>>

const lossOf = ({ node, reason, count, first, dst, link, detail }: Facts['losses'][number]): Evidence => ({
  text: `${node} discards ${count} packets${dst === undefined ? '' : ` to ${dst}`} from ${at(first)} on (${reason}${detail === undefined ? '' : `; ${detail}`})${link === undefined ? '' : `, line ${link}`}`,
  t: first,
  node,
  count,
})

export const QUESTIONS = { ...OWN, ...LOST, ...NAT } as const satisfies Readonly<Record<string, Ask>>
export type QuestionName = keyof typeof QUESTIONS
