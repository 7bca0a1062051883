/** A box that is like another one but for what is said: how labs describe theirs. */
import type { Dependence, GreTracking, Personality, PptpHelper, Timeouts } from './types.ts'

/** What is absent is as the personality has it. */
export interface PersonalityOverride {
  readonly mapping?: Dependence
  readonly filtering?: Dependence
  readonly ports?: Partial<Personality['ports']>
  readonly gre?: GreTracking['keys']
  /** `off`: no helper. */
  readonly pptp?: 'off' | Partial<PptpHelper>
  readonly timeouts?: Partial<Timeouts>
  readonly tcpLoose?: boolean
  readonly icmpErrors?: boolean
  readonly hairpin?: boolean
  readonly limit?: number
}

export function overridden(base: Personality, override: PersonalityOverride): Personality {
  const { gre, pptp, timeouts, ports, ...plain } = override
  return {
    ...base,
    ...plain,
    ports: { ...base.ports, ...ports },
    timeouts: { ...base.timeouts, ...timeouts },
    gre: gre === undefined ? base.gre : { ...base.gre, keys: gre },
    pptp: helperOf(base.pptp, pptp),
  }
}

/** Switches mean nothing to a box without a helper. */
function helperOf(base: PptpHelper | undefined, said: PersonalityOverride['pptp']): PptpHelper | undefined {
  if (said === 'off' || base === undefined) return undefined
  return { ...base, ...said }
}
