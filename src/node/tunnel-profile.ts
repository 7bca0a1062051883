/**
 * Whose habits an end of a tunnel has, where the RFCs leave room and where a system departs from them.
 *
 * `linux` is measured: pptp-linux 1.10.0 as PNS, pptpd 1.4.0 as PAC, pppd 2.4.9 (the captures of test/captures).
 * `windows` is modelled: from documents of its maker (registry values of RasMan\PPP and RasPptp, [MS-PTPT]) and
 * what is known of its messages; no machine was asked. What neither of them tells is as in `default`.
 *
 * Limits: inside PPP profiles differ in MRU, the number of Naks, pppd's second Terminate-Request and the Identification of
 * Windows only; Windows asks for callback too (RFC 1570 §2.3), which nobody here does.
 */
import { sec } from '../base/time.ts'
import { DEFAULT_MRU, DEFAULT_MTU, type PppConfig, RFC_TIMERS } from '../ppp/config.ts'
import { type MppeSetting, policyOf } from '../ppp/mppe-policy.ts'
import { DIAL, type EndpointConfig, endpointConfig, type Role, TUNNEL, type TunnelConfig } from '../pptp/types.ts'

export const PROFILES = ['default', 'linux', 'windows'] as const
export type Profile = (typeof PROFILES)[number]

/** What an end may be told of the data path (RFC 2637 §4), whatever its profile. */
export type GreChoice = Partial<Pick<TunnelConfig, 'receiveWindow' | 'flow' | 'outOfOrder' | 'holdTime'>>

interface Habits {
  /** From where it is known. */
  readonly basis: 'rfc' | 'measured' | 'modelled'
  readonly ends: Readonly<Record<Role, Partial<EndpointConfig>>>
  readonly tunnels: Readonly<Record<Role, Partial<TunnelConfig>>>
  readonly ppp: Pick<PppConfig, 'mru' | 'mtu' | 'timers' | 'closesTwice' | 'lcp'>
}

const PLAIN_PPP = { mru: DEFAULT_MRU, mtu: DEFAULT_MTU, timers: RFC_TIMERS }

export const HABITS: Readonly<Record<Profile, Habits>> = {
  default: { basis: 'rfc', ends: { pns: {}, pac: {} }, tunnels: { pns: {}, pac: {} }, ppp: PLAIN_PPP },
  linux: {
    basis: 'measured',
    ends: {
      pns: {
        hostName: 'local',
        vendorName: 'cananian',
        maximumChannels: 65535,
        linkInfo: 'never',
        farewell: 'close',
      },
      pac: {
        hostName: 'local',
        vendorName: 'linux',
        framingCapabilities: 0,
        bearerCapabilities: 0,
        maximumChannels: 1,
        requestTimeOut: sec(10),
        dataCountAsLife: true,
        farewell: 'close',
      },
    },
    tunnels: {
      pns: { receiveWindow: 3, flow: 'none', firstSequenceNumber: 1 },
      pac: { receiveWindow: 3, flow: 'none' },
    },
    ppp: { ...PLAIN_PPP, closesTwice: true },
  },
  windows: {
    basis: 'modelled',
    ends: {
      pns: {
        hostName: '',
        vendorName: 'Microsoft',
        firmwareRevision: 0,
        framingCapabilities: 1,
        bearerCapabilities: 1,
        linkInfo: 'always',
        dial: { ...DIAL, minimumBps: 300, maximumBps: 100_000_000 },
      },
      pac: { hostName: '', vendorName: 'Microsoft', firmwareRevision: 0 },
    },
    tunnels: { pns: {}, pac: {} },
    // MaxConfigure 10, MaxTerminate 2, MaxFailure 10, RestartTimer 3 s.
    ppp: {
      mru: 1400,
      mtu: 1400,
      timers: { ...RFC_TIMERS, maxFailure: 10 },
      lcp: { identification: 'MSRASV5.20' },
    },
  },
}

/** What an end wants of MPPE: Linux answers a Reset-Request in its own way (decisions 19), unless the lab says how. */
export const profiledMppe = (profile: Profile, setting: MppeSetting): MppeSetting =>
  profile === 'linux' ? { reset: 'linux', ...policyOf(setting) } : setting

/** The endpoint of a node that has this profile; `changes` are what its kind says, `gre` what its lab does. */
function profiled(
  profile: Profile,
  role: Role,
  gre: GreChoice = {},
  changes: Partial<EndpointConfig> = {},
): EndpointConfig {
  const { ends, tunnels } = HABITS[profile]
  const tunnel = { ...TUNNEL, ...tunnels[role], ...gre }
  return endpointConfig(role, { hostName: undefined, ...ends[role], tunnel, ...changes })
}

/** Of those of whom nothing more is said: there may be thousands of such clients. */
const CLIENTS: Readonly<Record<Profile, EndpointConfig>> = {
  default: profiled('default', 'pns'),
  linux: profiled('linux', 'pns'),
  windows: profiled('windows', 'pns'),
}

export const clientEndpoint = (
  profile: Profile,
  gre: GreChoice | undefined,
  callIds: EndpointConfig['callIds'] = 'random',
): EndpointConfig => (gre || callIds !== 'random' ? profiled(profile, 'pns', gre, { callIds }) : CLIENTS[profile])

export const serverEndpoint = (
  profile: Profile,
  gre: GreChoice | undefined,
  changes: Partial<EndpointConfig>,
): EndpointConfig => profiled(profile, 'pac', gre, changes)
