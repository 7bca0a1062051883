/** What an access server does with one of its lines, as a table: see nas-line.ts. */
import { table } from '../base/table.ts'

export type LineState = 'idle' | 'naming' | 'connecting' | 'asking' | 'tunnelled' | 'local' | 'dialling'
export type LineEvent = 'name' | 'connect' | 'ask' | 'established' | 'local' | 'dial' | 'over'

export const LINE_USE = table<LineState, LineEvent, never>({
  name: { idle: 'naming' },
  connect: { idle: 'connecting', naming: 'connecting', asking: 'connecting' },
  ask: { connecting: 'asking' },
  established: { asking: 'tunnelled', dialling: 'tunnelled' },
  local: { idle: 'local', naming: 'local' },
  dial: { idle: 'dialling' },
  over: {
    naming: 'idle',
    connecting: 'idle',
    asking: 'idle',
    tunnelled: 'idle',
    local: 'idle',
    dialling: 'idle',
  },
})
