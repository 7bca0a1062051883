/**
 * Plays the odd control messages over real TCP: `node dist/test/peers/odd-tcp.js HOST [PORT]`. Prints the line of each
 * case, in their order. The cases have a connection each and go on side by side.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { concat } from '../../src/base/bytes.ts'
import * as Control from '../../src/wire/pptp.ts'
import { answerLine, ODD_CASES, type OddCase, PART_GAP, STEP_GAP, type Standing } from '../support/odd-control.ts'

const CONNECT_MS = 5000
/**
 * Between two beginnings. pptpd's first process waits for the first message of one connection at a time, so the cases
 * that say nothing, which are the last, must not begin before the others have been heard.
 */
const APART_MS = 400

async function play({ name, steps, listen }: OddCase, host: string, port: number): Promise<string> {
  const socket = connect({ host, port, noDelay: true })
  await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) })
  const began = performance.now()
  const received: Uint8Array[] = []
  const over = new AbortController()
  const at: { standing: Standing } = { standing: { end: 'open' } }
  const ended = (end: 'closed' | 'reset') => (): void => {
    if (at.standing.end === 'open') at.standing = { end, after: performance.now() - began }
    over.abort()
  }
  socket.on('data', bytes => received.push(bytes))
  socket.on('end', ended('closed'))
  socket.on('error', ended('reset'))
  /** At once when the server has ended the connection. */
  const waitFor = (ms: number): Promise<void> => sleep(ms, undefined, { signal: over.signal }).catch(() => undefined)
  for (const parts of steps) {
    for (const part of parts) {
      if (over.signal.aborted) break
      socket.write(part)
      if (parts.length > 1) await waitFor(PART_GAP)
    }
    await waitFor(STEP_GAP)
  }
  await waitFor(listen)
  socket.destroy()
  return answerLine(name, concat(...received), at.standing)
}

async function main([host, port = String(Control.PORT)]: readonly string[]): Promise<void> {
  const lines = ODD_CASES.map(async (odd, i) => {
    await sleep(i * APART_MS)
    return play(odd, host, Number(port))
  })
  for (const line of await Promise.all(lines)) console.log(line)
}

await main(process.argv.slice(2))
