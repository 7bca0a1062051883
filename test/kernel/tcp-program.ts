/**
 * The kernel's side of TCP, run in a namespace: `node dist/test/kernel/tcp-program.js ROLE …`. Every octet is of the known
 * pattern, and every octet that comes is compared; a wrong one ends the program with status 1.
 *
 *     echo HOST PORT OCTETS [CONNECTIONS]    sends them and reads the same back, over so many connections at once
 *     push HOST PORT OCTETS                  sends them
 *     pull HOST PORT OCTETS                  asks for so many with a line
 *     serve-echo PORT CONNECTIONS            sends back what comes; ends after so many connections
 *     serve-transfer PORT CONNECTIONS        answers `GET N` with so many octets
 *
 * Prints a line when it listens, and one with what it has done.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import { fillPattern, matchesPattern } from '../../src/app/pattern.ts'

export interface Report {
  /** Octets that came, of all connections. */
  readonly octets: number
  /** From the first connection to the end of the last. */
  readonly ms: number
}

const CHUNK = 65_536
const IDLE_MS = 60_000

/** Sends so many octets of the pattern, no faster than they go. */
async function send(socket: Socket, octets: number): Promise<void> {
  for (let sent = 0; sent < octets; ) {
    const piece = new Uint8Array(Math.min(CHUNK, octets - sent))
    fillPattern(piece, sent)
    sent += piece.length
    if (!socket.write(piece)) await once(socket, 'drain')
  }
}

/** Reads to the end, which leaves the other direction open, compares every octet, and hands it on; their number. */
async function receive(socket: Socket, use: (bytes: Uint8Array) => void = () => {}): Promise<number> {
  let octets = 0
  for await (const piece of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    if (!matchesPattern(piece, octets))
      throw new Error(`an octet is wrong between ${octets} and ${octets + piece.length}`)
    octets += piece.length
    use(piece)
  }
  return octets
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true })
  socket.setTimeout(IDLE_MS, () => socket.destroy(new Error(`nothing moves for ${IDLE_MS / 1000} s`)))
  await once(socket, 'connect')
  return socket
}

async function echo(host: string, port: number, octets: number): Promise<number> {
  const socket = await open(host, port)
  const [came] = await Promise.all([receive(socket), send(socket, octets).then(() => socket.end())])
  if (came !== octets) throw new Error(`${came} of ${octets} octets came back`)
  return came
}

async function push(host: string, port: number, octets: number): Promise<number> {
  const socket = await open(host, port)
  await send(socket, octets)
  socket.end()
  const came = await receive(socket)
  if (came !== 0) throw new Error(`a discard service has sent ${came} octets`)
  return octets
}

async function pull(host: string, port: number, octets: number): Promise<number> {
  const socket = await open(host, port)
  socket.write(`${octets}\n`)
  const came = await receive(socket)
  socket.end()
  if (came !== octets) throw new Error(`${came} of ${octets} octets came`)
  return came
}

const LINE = /^GET (\d+)\n$/

async function serveEcho(socket: Socket): Promise<number> {
  const came = await receive(socket, piece => socket.write(piece))
  socket.end()
  await finished(socket)
  return came
}

async function serveTransfer(socket: Socket): Promise<number> {
  const [line] = await once(socket, 'data')
  const wanted = Number(LINE.exec(String(line))?.[1])
  if (Number.isNaN(wanted)) throw new Error(`asked for with ${JSON.stringify(String(line))}`)
  await send(socket, wanted)
  socket.end()
  socket.resume()
  await finished(socket)
  return wanted
}

async function serve(port: number, connections: number, service: (socket: Socket) => Promise<number>): Promise<Report> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(port, '0.0.0.0', 511)
  await once(server, 'listening')
  console.log('listening')
  const parts: Promise<number>[] = []
  let began = 0
  await new Promise<void>((resolve, reject) => {
    server.on('connection', socket => {
      began ||= performance.now()
      const part = service(socket)
      part.catch(reject)
      if (parts.push(part) === connections) resolve()
    })
  })
  server.close()
  return report(began, parts)
}

async function report(began: number, parts: readonly Promise<number>[]): Promise<Report> {
  const octets = (await Promise.all(parts)).reduce((a, b) => a + b)
  return { octets, ms: performance.now() - began }
}

async function main([role, ...words]: readonly string[]): Promise<void> {
  const numbers = words.map(Number)
  const began = performance.now()
  const [host, , , count = '1'] = words
  const [, port, octets] = numbers
  const many = (one: () => Promise<number>): Promise<Report> =>
    report(began, Array.from({ length: Number(count) }, one))
  const roles: Readonly<Record<string, () => Promise<Report>>> = {
    echo: () => many(() => echo(host, port, octets)),
    push: () => many(() => push(host, port, octets)),
    pull: () => many(() => pull(host, port, octets)),
    'serve-echo': () => serve(numbers[0], numbers[1], serveEcho),
    'serve-transfer': () => serve(numbers[0], numbers[1], serveTransfer),
  }
  console.log(JSON.stringify(await roles[role]()))
}

await main(process.argv.slice(2))
