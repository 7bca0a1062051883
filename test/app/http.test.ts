/** The HTTP/1.0 server: RFC 1945, and what curl and browsers send it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type HttpRequest, HttpRequestReader, type Refusal } from '../../src/app/http-request.ts'
import { fillPattern } from '../../src/app/pattern.ts'
import { SERVICES } from '../../src/app/services.ts'
import { ip } from '../../src/base/address.ts'
import { concat, fromAscii, toLatin1 } from '../../src/base/bytes.ts'
import { ms, sec } from '../../src/base/time.ts'
import { fc } from '../support/fast-check.ts'
import { Net } from '../support/net.ts'

const read = (text: string): HttpRequest | Refusal | undefined => new HttpRequestReader().push(fromAscii(text))
const lineOf = (line: string) => {
  const answer = read(`${line}\r\n\r\n`)
  return typeof answer === 'object' ? [answer.method, answer.path, answer.simple] : answer
}

describe('the request line', () => {
  test('has a method, a URI and a version (RFC 1945 §5.1)', () => {
    assert.deepEqual(lineOf('GET / HTTP/1.0'), ['GET', '/', false])
    assert.deepEqual(lineOf('HEAD /bytes/5 HTTP/1.1'), ['HEAD', '/bytes/5', false])
    assert.deepEqual(lineOf('DELETE /x HTTP/1.0'), ['DELETE', '/x', false])
  })
  test('without a version is a Simple-Request, which is always GET (RFC 1945 §5)', () => {
    assert.deepEqual(lineOf('GET /bytes/5'), ['GET', '/bytes/5', true])
    assert.equal(lineOf('HEAD /'), 400)
    assert.equal(lineOf('POST /'), 400)
  })
  test('is over for a Simple-Request with its own end: nothing more is waited for (RFC 1945 §5)', () => {
    assert.ok(typeof read('GET /\r\n') === 'object')
    assert.equal(read('GET / HTTP/1.0\r\n'), undefined)
  })
  test('may have any number of blanks and tabs between its parts, and LF alone at its end (RFC 1945 appendix B)', () => {
    assert.deepEqual(lineOf('GET  \t /a \t HTTP/1.0  '), ['GET', '/a', false])
    assert.ok(typeof read('GET / HTTP/1.0\n\n') === 'object')
    assert.ok(typeof read('GET / HTTP/1.0\nHost: x\r\n\n') === 'object')
  })
  test('is no request otherwise (RFC 1945 §9.4)', () => {
    const bad = [
      '',
      'GET',
      'GET ',
      ' GET / HTTP/1.0',
      'GET / HTTP/1',
      'GET / http/1.0',
      'GET / HTTP/1.0 x',
      'GE(T / HTTP/1.0',
    ]
    bad.push('GET x HTTP/1.0', 'GET /\u00e4 HTTP/1.0', 'GET /\0 HTTP/1.0', '\x16\x03\x01\x02\0\x01', 'GET / HTTP/1.0\r')
    for (const line of bad) assert.equal(lineOf(line), 400, JSON.stringify(line))
  })
  test('has a path that is decoded, without its query (RFC 1945 §3.2, §5.1.2)', () => {
    assert.deepEqual(lineOf('GET /%62ytes/5?x=%2 HTTP/1.0'), ['GET', '/bytes/5', false])
    assert.deepEqual(lineOf('GET /a%2Fb%e4#f HTTP/1.0'), ['GET', '/a/b\u00e4', false])
    for (const line of ['GET /%6 HTTP/1.0', 'GET /%zz HTTP/1.0', 'GET /% HTTP/1.0']) assert.equal(lineOf(line), 400)
  })
  test('may have an absolute URI, as for a proxy (RFC 1945 §5.1.2)', () => {
    assert.deepEqual(lineOf('GET http://10.0.0.2:80/headers?q HTTP/1.0'), ['GET', '/headers', false])
    assert.equal(lineOf('GET http://10.0.0.2 HTTP/1.0'), 400)
    assert.equal(lineOf('CONNECT 10.0.0.2:443 HTTP/1.1'), 400)
  })
  test('is too long beyond 2048 octets, whether it ends or not (RFC 9110 §15.5.15)', () => {
    const line = (length: number) => `GET /${'a'.repeat(length - 16)} HTTP/1.0\r\n`
    assert.equal(line(2048).length, 2048)
    assert.equal(read(line(2048)), undefined)
    assert.equal(read(line(2049)), 414)
    assert.equal(read('A'.repeat(2049)), 414)
    assert.equal(read('A'.repeat(2048)), undefined)
  })
})

describe('the header fields', () => {
  const fields = (text: string) => {
    const answer = read(`GET / HTTP/1.0\r\n${text}\r\n`)
    return typeof answer === 'object' ? answer.text : answer
  }
  test('are a name, a colon and a value; a line that begins with a blank continues (RFC 1945 §4.2)', () => {
    for (const good of ['', 'Host: x\r\n', 'A:\r\n', 'X-y_z: \u00e4\t"\r\nB: 1\r\n', 'A: 1\r\n 2\r\n\t3\r\n']) {
      assert.equal(fields(good), `GET / HTTP/1.0\r\n${good}\r\n`)
    }
    for (const bad of [
      'x\r\n',
      ': x\r\n',
      'A B: x\r\n',
      'A : x\r\n',
      ' A: x\r\n',
      'A: \0\r\n',
      'A: 1\r\n \x01\r\n',
      'A: \r1\r\n',
    ]) {
      assert.equal(fields(bad), 400, JSON.stringify(bad))
    }
  })
  test('are too long with 4097 octets in a line, or 16385 in all (RFC 6585 §5)', () => {
    const field = (length: number) => `A: ${'b'.repeat(length - 5)}\r\n`
    assert.ok(typeof fields(field(4096)) === 'string')
    assert.equal(fields(field(4097)), 431)
    const room = 16_384 - 'GET / HTTP/1.0\r\n'.length
    const many = field(4000).repeat(4)
    assert.ok(typeof fields(many + field(room - many.length - 2)) === 'string')
    assert.equal(fields(many + field(room - many.length - 1)), 431)
    assert.equal(fields('A: b\r\n'.repeat(10_000)), 431)
  })
})

describe('a request in pieces', () => {
  const requestish = fc.oneof(
    fc.string({
      unit: fc.constantFrom('G', 'E', 'T', ' ', '/', '%', '4', '1', '\r', '\n', ':', '\t', '\0', 'HTTP/1.0'),
      maxLength: 60,
    }),
    fc.constantFrom('GET / HTTP/1.0\r\nHost: x\r\n\r\nrest', 'HEAD /bytes/5 HTTP/1.1\nA: b\n c\n\n', 'GET /\r\n'),
  )
  test('is the same however it is cut, and any octets are survived', () => {
    fc.assert(
      fc.property(requestish, fc.array(fc.nat(70), { maxLength: 6 }), (text, cuts) => {
        const bytes = fromAscii(text)
        const reader = new HttpRequestReader()
        let answer: ReturnType<HttpRequestReader['push']>
        const places = [...cuts.map(cut => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
        let from = 0
        for (const to of places) {
          answer ??= reader.push(bytes.subarray(from, to))
          from = to
        }
        assert.deepEqual(answer, read(text))
      }),
      { seed: 1945, numRuns: 500 },
    )
  })
})

/** What comes back for what is sent, and what the trace says of it. */
function ask(request: string | readonly string[], { end = false, until = sec(20) } = {}) {
  const net = new Net()
  const a = net.host('a', 'default via 10.0.0.2')
  const office = net.router('office')
  net.link([a, 'eth0', '10.0.0.1/24'], [office, 'eth0', '10.0.0.2/24'], { delay: ms(1) })
  net.link([office, 'eth1', '10.20.0.1/16'], [net.host('b'), 'eth0', '10.20.0.2/16'], { mtu: 1400 })
  SERVICES.http.serve(office, 80)
  const pieces: Uint8Array[] = []
  const seen = { closed: '', port: 0 }
  const words = typeof request === 'string' ? [request] : request
  const connection = a.tcp.connect(ip('10.0.0.2'), 80, {
    opened: () => {
      for (const [i, word] of words.entries()) {
        net.world.scheduler.after(ms(10) * i, 'typing', () => {
          connection?.write(fromAscii(word))
          if (end && i === words.length - 1) connection?.end()
        })
      }
    },
    data: bytes => pieces.push(bytes.slice()),
    ended: () => connection?.end(),
    closed: reason => {
      seen.closed = reason
    },
  })
  assert.ok(connection)
  connection.noDelay = true
  net.run(until)
  const text = toLatin1(concat(...pieces))
  const at = text.indexOf('\r\n\r\n')
  const [status, ...rest] = text.slice(0, Math.max(0, at)).split('\r\n')
  const headers = new Map(rest.map(line => line.split(': ') as [string, string]))
  const served = net.seen('served').map(e => [e.node, e.received, e.sent, e.end, e.detail])
  return { text, status, headers, body: text.slice(at + 4), closed: seen.closed, served, port: connection.local.port }
}

/** As curl 7.88 sends it. */
const CURL = 'GET /bytes/5 HTTP/1.1\r\nHost: 10.0.0.2\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n'

describe('the server', () => {
  test('answers a request of HTTP/1.1 as HTTP/1.0, with the length, and closes (RFC 1945 §6, §3.1)', () => {
    const { status, headers, body, closed, text, served } = ask(CURL)
    const five = new Uint8Array(5)
    fillPattern(five, 0)
    assert.equal(status, 'HTTP/1.0 200 OK')
    assert.deepEqual(Object.fromEntries(headers), {
      Server: 'pptp-lab',
      'Content-Type': 'application/octet-stream',
      'Content-Length': '5',
      Connection: 'close',
    })
    assert.equal(body, toLatin1(five))
    assert.equal(closed, 'closed')
    assert.deepEqual(served, [['office', CURL.length, text.length, 'closed', 'GET /bytes/5: 200']])
  })
  test('gives any number of octets, all of them right', () => {
    for (const count of [0, 1, 16_384, 300_000]) {
      const { headers, body, closed } = ask(`GET /bytes/${count} HTTP/1.0\r\n\r\n`)
      const wanted = new Uint8Array(count)
      fillPattern(wanted, 0)
      assert.equal(headers.get('Content-Length'), String(count))
      assert.ok(body === toLatin1(wanted))
      assert.equal(closed, 'closed')
    }
  })
  test('its page tells who it is, what interfaces it has, and where the client comes from', () => {
    const { status, headers, body, port } = ask('GET / HTTP/1.0\r\n\r\n')
    assert.equal(status, 'HTTP/1.0 200 OK')
    assert.equal(headers.get('Content-Type'), 'text/html; charset=utf-8')
    assert.equal(headers.get('Content-Length'), String(body.length))
    for (const words of [
      '<title>office</title>',
      'This is office, a router in a simulated network',
      `You come from 10.0.0.1, port ${port} and have asked 10.0.0.2, port 80.`,
      '<tr><td>eth0</td><td>10.0.0.2/24</td><td>1500</td></tr>',
      '<tr><td>eth1</td><td>10.20.0.1/16</td><td>1400</td></tr>',
      'href="/bytes/1000"',
      'href="/headers"',
    ]) {
      assert.ok(body.includes(words), words)
    }
  })
  test('every link of the page leads somewhere', () => {
    const { body } = ask('GET / HTTP/1.0\r\n\r\n')
    const links = [...body.matchAll(/href="([^"]*)"/g)].map(match => match[1])
    assert.ok(links.length >= 2)
    for (const link of links) assert.equal(ask(`GET ${link} HTTP/1.0\r\n\r\n`).status, 'HTTP/1.0 200 OK')
  })
  test('HEAD has the same header as GET, and no body (RFC 1945 §8.2)', () => {
    for (const path of ['/', '/bytes/1000', '/nothing']) {
      // The page names the port of the client, which has five digits each time.
      const [get, head] = ['GET', 'HEAD'].map(method => ask(`${method} ${path} HTTP/1.0\r\n\r\n`))
      assert.deepEqual([head.status, head.headers], [get.status, get.headers])
      assert.equal(head.body, '')
      assert.ok(get.body.length > 0)
      assert.equal(head.closed, 'closed')
    }
  })
  test('/headers gives the request back, octet for octet', () => {
    const request = 'GET /headers?a HTTP/1.1\r\nHost: x\nA: \u00e4\r\n  more\r\n\r\n'
    const { headers, body } = ask(`${request}what follows`)
    assert.equal(headers.get('Content-Type'), 'text/plain; charset=iso-8859-1')
    assert.equal(body, request)
  })
  test('a Simple-Request gets the body alone (RFC 1945 §6)', () => {
    const { text, closed, served } = ask('GET /bytes/3\r\n')
    const three = new Uint8Array(3)
    fillPattern(three, 0)
    assert.equal(text, toLatin1(three))
    assert.equal(closed, 'closed')
    assert.deepEqual(served, [['office', 14, 3, 'closed', 'GET /bytes/3: 200']])
  })
  test('what is not there is 404 (RFC 1945 §9.4)', () => {
    for (const path of [
      '/x',
      '/bytes',
      '/bytes/',
      '/bytes/-1',
      '/bytes/1e3',
      '/bytes/1234567890123456',
      '/Headers',
      '//',
    ]) {
      const { status, body, closed } = ask(`GET ${path} HTTP/1.0\r\n\r\n`)
      assert.deepEqual([status, body, closed], ['HTTP/1.0 404 Not Found', '404 Not Found\n', 'closed'], path)
    }
  })
  test('other methods are 405 with those that are allowed, and what they carry is thrown away (RFC 9110 §15.5.6)', () => {
    for (const method of ['POST', 'PUT', 'OPTIONS', 'get']) {
      const head = `${method} / HTTP/1.0\r\nContent-Length: 50000\r\n\r\n`
      const { status, headers, closed, served } = ask(head + 'x'.repeat(50_000))
      assert.deepEqual(
        [status, headers.get('Allow'), closed],
        ['HTTP/1.0 405 Method Not Allowed', 'GET, HEAD', 'closed'],
      )
      assert.deepEqual([served[0][1], served[0][4]], [head.length + 50_000, `${method} /: 405`])
    }
  })
  test('what is no request is 400, too long a line 414, too long a header 431', () => {
    const cases: [string, string, string][] = [
      ['nonsense\r\n\r\n', '400 Bad Request', '400'],
      [`GET /${'a'.repeat(3000)} HTTP/1.0\r\n\r\n`, '414 URI Too Long', '414'],
      [`GET / HTTP/1.0\r\nA: ${'b'.repeat(5000)}\r\n\r\n`, '431 Request Header Fields Too Large', '431'],
    ]
    for (const [request, status, detail] of cases) {
      const answer = ask(request)
      assert.deepEqual([answer.status, answer.body, answer.closed], [`HTTP/1.0 ${status}`, `${status}\n`, 'closed'])
      assert.equal(answer.served[0][4], detail)
    }
  })
  test('a request may come octet by octet', () => {
    const { status, body } = ask([...CURL])
    assert.equal(status, 'HTTP/1.0 200 OK')
    assert.equal(body.length, 5)
  })
  test('a client that has asked and ends its own half gets its answer', () => {
    const { body, closed } = ask('GET /bytes/200000 HTTP/1.0\r\n\r\n', { end: true })
    assert.deepEqual([body.length, closed], [200_000, 'closed'])
  })
  test('a client that ends before it has asked gets nothing but the end', () => {
    const { text, closed, served } = ask('GET / HTTP/1.0\r\nHost', { end: true })
    assert.deepEqual([text, closed], ['', 'closed'])
    assert.deepEqual(served, [['office', 20, 0, 'closed', '']])
  })
  test('nothing in it depends on the time of day (no Date: RFC 1945 §10.6)', () => {
    const { text } = ask('GET / HTTP/1.0\r\n\r\n')
    assert.doesNotMatch(text, /^(date|last-modified|expires):/im)
  })
  test('what the trace tells of a long path is short', () => {
    const { served } = ask(`GET /${'a'.repeat(500)} HTTP/1.0\r\n\r\n`)
    assert.equal(served[0][4], `GET /${'a'.repeat(59)}…: 404`)
  })
})
