/**
 * One end of a transfer over the kernel's own TCP, run in a namespace: `node dist/test/strangers/kernel-end.js ROLE …`.
 *
 *     serve PORT                       one connection: answers a line `N` or `GET N` with N octets of the known pattern
 *     pull HOST PORT OCTETS [GET]      asks for them so and compares every octet
 *
 * Prints one line of JSON when it is done; an octet that is wrong, or too few of them, end it with status 1.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import { fillPattern, matchesPattern } from '../../src/app/pattern.ts'

const CHUNK = 65_536
/** A lossy path with a long delay is silent for some time when a segment is lost again and again. */
const IDLE_MS = 120_000

function patient(socket: Socket): Socket {
  return socket.setTimeout(IDLE_MS, () => socket.destroy(new Error(`nothing moves for ${IDLE_MS / 1000} s`)))
}

async function serve(port: number): Promise<number> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(port, '0.0.0.0')
  const [socket] = (await once(server, 'connection')) as [Socket]
  server.close()
  const [line] = await once(patient(socket), 'data')
  const [, wanted] = /^(?:GET )?(\d+)\n$/.exec(String(line)) ?? []
  if (wanted === undefined) throw new Error(`asked with ${JSON.stringify(String(line))}`)
  for (let sent = 0; sent < Number(wanted); ) {
    const piece = new Uint8Array(Math.min(CHUNK, Number(wanted) - sent))
    fillPattern(piece, sent)
    sent += piece.length
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  socket.end()
  socket.resume()
  await finished(socket)
  return Number(wanted)
}

async function pull(host: string, port: number, octets: number, word: string | undefined): Promise<number> {
  const socket = patient(connect({ host, port, allowHalfOpen: true }))
  await once(socket, 'connect')
  socket.write(word === undefined ? `${octets}\n` : `${word} ${octets}\n`)
  let came = 0
  for await (const piece of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    if (!matchesPattern(piece, came)) throw new Error(`an octet is wrong between ${came} and ${came + piece.length}`)
    came += piece.length
  }
  socket.end()
  await finished(socket)
  if (came !== octets) throw new Error(`${came} of ${octets} octets came`)
  return came
}

const [role, ...words] = process.argv.slice(2)
try {
  const octets =
    role === 'serve'
      ? await serve(Number(words[0]))
      : await pull(words[0], Number(words[1]), Number(words[2]), words.at(3))
  console.log(JSON.stringify({ octets }))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
