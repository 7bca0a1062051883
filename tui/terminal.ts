/** Joins the program with a terminal and the clock of the wall; whatever happens, the terminal is given back. */
import { App } from './app.ts'
import type { AppOptions } from './app-options.ts'
import { termMessage, wantsAscii } from './ascii.ts'
import { placeOf } from './looking.ts'
import type { Wall } from './player.ts'
import { Screen, type ScreenOptions } from './screen.ts'
import { depthOf, themeOf } from './theme.ts'

type Passed = Pick<AppOptions, 'open' | 'disk' | 'labs' | 'writeNew' | 'parts' | 'ui' | 'isFirstTime'>

export interface TerminalOptions extends Pick<ScreenOptions, 'input' | 'output'>, Passed {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly wall?: Wall
  /** Where a fault is told, after the terminal has been given back. */
  readonly complain: (text: string) => void
}

export interface Terminal {
  readonly app: App
  /** The exit status, when the program is over. */
  readonly status: Promise<number>
  /** Ends the program from outside: a signal. */
  end(status: number): void
  /** Ends it because of a fault of ours. */
  fault(error: unknown): void
}

const INTERNAL = 3

export const WALL: Wall = {
  now: () => performance.now(),
  schedule: (delay, fire) => {
    const timer = setTimeout(fire, delay)
    return () => clearTimeout(timer)
  },
}

export function openTerminal(options: TerminalOptions): Terminal {
  const { input, output, env, wall = WALL, complain, open, disk, labs, parts, writeNew } = options
  let done: (status: number) => void = () => {}
  const status = new Promise<number>(resolve => {
    done = resolve
  })
  let app: App | undefined
  const fault = (error: unknown): void => {
    screen.close()
    complain(faultText(error, placeOf(app?.scene)))
    app?.end(INTERNAL)
    done(INTERNAL)
  }
  const guard = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      fault(error)
    }
  }
  const screen = new Screen({ input, output, term: env.TERM, onEvent: event => guard(() => app?.event(event)) })
  const depth = depthOf(env)
  try {
    app = new App({
      display: {
        get size() {
          return screen.size
        },
        draw: (lines, { theme, ascii }) => screen.draw(lines, { theme, depth, ascii }),
        redraw: () => screen.redraw(),
        copy: text => screen.copy(text, env.STY !== undefined),
        mouse: on => screen.mouse(on),
        suspend: () => screen.suspend(),
      },
      wall: { now: wall.now, schedule: (delay, fire) => wall.schedule(delay, () => guard(fire)) },
      open,
      disk,
      labs,
      writeNew,
      parts,
      isFirstTime: options.isFirstTime,
      ui: { theme: themeOf(env), ascii: wantsAscii(env), message: termMessage(env), ...options.ui },
      onEnd: status => {
        screen.close()
        done(status)
      },
    })
  } catch (error) {
    screen.close()
    throw error
  }
  app.begun?.catch(fault)
  return { app, status, end: status => app.end(status), fault }
}

function faultText(error: unknown, place: string): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `This is a fault of pptp-lab, not yours: ${place}. Please report it with the lab file and this text:\n${stack}\n`
}
