/** The labs that come with the program. */
import { readdirSync, readFileSync } from 'node:fs'
import { rootPath } from './root.ts'

/** Names of all of them. */
export const SHIPPED = readdirSync(rootPath('topologies'))
  .filter(name => name.endsWith('.yaml'))
  .map(name => name.replace('.yaml', ''))

export const shippedText = (name: string): string => readFileSync(rootPath(`topologies/${name}.yaml`), 'utf8')

/** Does it reach out of the simulation, so that only a bridge runs it? */
export const reachesOut = (name: string): boolean => /^ +kind: (tun|udp)$/m.test(shippedText(name))
/** Those that run alone. */
export const CLOSED = SHIPPED.filter(name => !reachesOut(name))
