/** The program as its users meet it: a process with words, streams and an exit status. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { loadWith, run, runFileAction, runFileEnd, runFileHeader } from '../../src/index.ts'
import * as Pcap from '../../src/wire/pcap.ts'
import { rootPath } from '../support/root.ts'
import { SHIPPED, shippedText } from '../support/shipped.ts'

const CLI = rootPath('dist/cli/cli.js')
const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-cli-'))
after(() => rmSync(dir, { recursive: true }))
const inDir = (name: string): string => join(dir, name)

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: dir,
    encoding: 'utf8',
    timeout: 30_000,
    maxBuffer: 1 << 26,
  })
  assert.doesNotMatch(stderr, /fault of pptp-lab|\n\s+at /, 'no stack trace')
  return { status, stdout, stderr }
}

/** Wrong usage: status 2, nothing but the sentence, and that on stderr. */
function refused(args: string[], sentence: RegExp): void {
  const { status, stdout, stderr } = cli(...args)
  assert.equal(stdout, '')
  assert.match(stderr, sentence)
  assert.equal(status, 2)
}

const LAB = (change: string) => `name: long
description: A long silence with pings.
stop: 3600s
topology:
  nodes: { a: { kind: host }, b: { kind: host } }
  links: [{ endpoints: ["a:eth0", "b:eth0"], ipv4: [192.0.2.1/24, 192.0.2.2/24], delay: 1ms }]
events: [{ at: 0s, ping: { from: a, to: b, count: 1000000, interval: 100us } }]
expect: { late: { description: The last ping, by: 3500s, seen: { event: ping-reply, at: a, count: ">= 10" } } }
${change}`
writeFileSync(inDir('long.yaml'), LAB(''))
writeFileSync(inDir('bad.yaml'), LAB('expct: {}\n'))
writeFileSync(inDir('log.txt'), 'no lab, and nothing to complete\n')
writeFileSync(inDir('notes.txt'), 'nor this\n')

describe('finding the way', () => {
  test('pptp-lab alone lists the labs', () => {
    const { status, stdout } = cli()
    assert.equal(status, 0)
    for (const lab of ['voluntary ', 'voluntary-lan ', 'wrong-password ', 'no-encryption '])
      assert.ok(stdout.includes(lab))
    assert.match(stdout, /pptp-lab run voluntary/)
  })
  test('help in every form, and the version', () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { status, stdout } = cli(...args)
      assert.equal(status, 0)
      for (const name of ['run', 'check', 'graph', 'decode', 'labs', 'schema', 'init', 'completion']) {
        assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
      }
    }
    for (const args of [
      ['run', '--help'],
      ['run', '-h'],
      ['help', 'run'],
    ])
      assert.match(cli(...args).stdout, /--pcap DIR/)
    const { version } = JSON.parse(readFileSync(rootPath('package.json'), 'utf8')) as { version: string }
    assert.equal(cli('--version').stdout, `${version}\n`)
  })
  test('run --help tells every status, in 80 columns', () => {
    for (const line of `${cli('run', '--help').stdout}${cli('--help').stdout}`.split('\n')) {
      assert.ok(line.length <= 80, line)
    }
    assert.match(cli('run', '--help').stdout.replace(/\s+/g, ' '), /Status 0 if no check has failed .* 1 .* 2 .* 130 /)
  })
  test('labs --json', () => {
    const names = cli('labs', '--json')
      .stdout.trimEnd()
      .split('\n')
      .map(line => (JSON.parse(line) as { name: string }).name)
    assert.deepEqual(names, SHIPPED.toSorted())
  })
})

describe('a wrong word is answered with the right one', () => {
  const cases: [string, string[], RegExp][] = [
    ['command', ['rum'], /no command rum\. Did you mean run\?/],
    ['option before a command', ['--halp'], /Did you mean --help\?/],
    ['a lab for a command', ['voluntary'], /^voluntary is a lab: pptp-lab run voluntary\n$/],
    ['a file for a command', ['long.yaml'], /^long\.yaml is a lab: pptp-lab run long\.yaml\n$/],
    ['version as a command', ['version'], /Did you mean --version\?/],
    ['a file that is not there', ['check', 'nothere.yaml'], /^There is no file nothere\.yaml here\.\n$/],
    [
      'a file nearly called as a lab',
      ['run', 'volontary.yaml'],
      /no file volontary\.yaml here\. Did you mean voluntary\?/,
    ],
    ['a file elsewhere', ['run', inDir('no/a.yaml')], /^There is no file .*a\.yaml\.\n$/],
    [
      '--set of no entry',
      ['run', 'voluntary', '--set', 'topology.links[9].delay=1s'],
      /no entry 9; the list has 3 \(0 to 2\), and 3 would add one\./,
    ],
    ['option', ['run', 'voluntary', '--jsn'], /no option --jsn\. Did you mean --json\?/],
    ['lab', ['run', 'volontary'], /no lab volontary\. Did you mean voluntary\?/],
    [
      'lab that is nothing like one',
      ['run', 'xyzzy'],
      /The labs that come with pptp-lab: [a-z0-9, -]*tcp-over-vpn, voluntary/,
    ],
    ['missing operand', ['run'], /wants a LAB, such as: pptp-lab run voluntary/],
    ['operand too many', ['run', 'a', 'b'], /takes one LAB, not 2: a b/],
    ['missing value', ['run', 'voluntary', '--until'], /^--until wants a time after it, such as --until 5s\n$/],
    ['value too many', ['run', 'voluntary', '--json=1'], /--json takes no value/],
    ['time without unit', ['run', 'voluntary', '--until', '5'], /--until wants a time with its unit, such as 5s/],
    ['seed', ['run', 'voluntary', '--seed', 'x'], /--seed wants a whole number, such as --seed 7, not x/],
    ['negative seed', ['run', 'voluntary', '--seed=-1'], /--seed wants a whole number/],
    ['--set without value', ['run', 'voluntary', '--set', 'seed'], /--set wants KEY=VALUE/],
    ['--set of no key', ['run', 'voluntary', '--set', 'sed=1'], /did you mean "seed"\?/],
    ['a folder', ['run', dir], /it is a folder, not a file/],
    ['a password without a user', ['decode', 'none.pcap', '--password', 'x'], /--password x: it wants USER=PASSWORD/],
    ['a missing capture', ['decode', 'none.pcap'], /none\.pcap cannot be read: .* does not exist/],
    [
      'a folder that cannot be made',
      ['run', 'voluntary', '--pcap', 'long.yaml/x'],
      /cannot be written: a part of its path is a file/,
    ],
    ['a record in no folder', ['run', 'voluntary', '--record', 'no/f.jsonl'], /no\/f\.jsonl cannot be written/],
    ['a run file that is none', ['run', 'broken.jsonl'], /broken\.jsonl is no run file: the first line/],
    ['a bad lab', ['run', 'bad.yaml'], /bad\.yaml:9:1: .*"expct"[\s\S]*did you mean "expect"\?/],
    ['no shell', ['completion', 'tcsh'], /only for bash, zsh, fish/],
  ]
  writeFileSync(inDir('broken.jsonl'), '{"a":1}\n')
  for (const [title, args, sentence] of cases) test(title, () => refused(args, sentence))
})

describe('run', () => {
  test('by name from any folder: story, verdict, status 0, no escape codes', () => {
    const { status, stdout, stderr } = cli('run', 'voluntary')
    assert.equal(status, 0)
    assert.equal(stderr, '')
    assert.match(stdout, /^voluntary: [^\n]+\nseed 1\n/)
    assert.match(stdout, /control {2}alice .*Outgoing-Call-Request to office/)
    assert.match(stdout, /All 6 checks have passed\./)
    assert.ok(!stdout.includes('\u001b'))
  })
  test('by path, and quietly', () => {
    const { status, stdout } = cli('run', rootPath('topologies/voluntary.yaml'), '--quiet')
    assert.equal(status, 0)
    assert.doesNotMatch(stdout, /Outgoing-Call-Request/)
    assert.match(stdout, /^PASS {2}tunnel: /m)
  })
  test('--verbose shows packets', () => {
    assert.match(cli('run', 'wrong-password', '--verbose').stdout, /isp +forwards alice#\d+: TCP/)
  })
  test('a failed check: status 1', () => {
    const { status, stdout } = cli('run', 'voluntary', '--quiet', '--set', 'topology.nodes.alice.pptp.password=wrong')
    assert.equal(status, 1)
    assert.match(stdout, /^FAIL {2}tunnel: /m)
  })
  test('--until: what was not due is open, and no failure', () => {
    const { status, stdout } = cli('run', 'voluntary', '--quiet', '--until', '5s')
    assert.equal(status, 0)
    assert.match(stdout, /^PASS {2}tunnel: /m)
    assert.match(stdout, /^OPEN {2}fetch: /m)
    assert.match(stdout, /were not due yet\. 5\.000 s/)
  })
  test('--json: a run, events, a result', () => {
    const args = ['run', 'wrong-password', '--json', '--seed', '9', '--set', 'stop=40s', '--set', 'name=other']
    const { stdout, stderr } = cli(...args)
    assert.equal(stderr, '')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual([lines[0].type, lines[0].format, lines[0].seed, lines[0].lab], ['run', 1, 9, 'other'])
    const result = lines[lines.length - 1]
    assert.deepEqual([result.type, result.t, result.ok], ['result', 40e9, true])
    for (const line of lines.slice(1, -1)) assert.equal(line.type, 'event')
  })
  test('a run file with what was done is the same as a lab with these events', () => {
    const text = shippedText('voluntary')
    const event = '{ at: 5.000000001s, disconnect: alice }'
    const end = (fingerprint: string) => runFileEnd({ t: 30_000_000_000, fingerprint })
    const whole = loadWith({ text, file: 'x' }, [event])
    assert.ok(whole.ok)
    const { fingerprint } = run(whole.lab)
    const header = runFileHeader({ version: 'x', lab: text, seed: whole.lab.seed, overrides: [] })
    writeFileSync(inDir('acts.jsonl'), header + runFileAction({ t: 5, event }) + end(fingerprint))
    const { stdout } = cli('run', 'acts.jsonl', '--quiet')
    assert.match(stdout, /The same run as the recorded one/)
    writeFileSync(inDir('acts.jsonl'), header + end(fingerprint))
    assert.match(cli('run', 'acts.jsonl', '--quiet').stdout, /Not the same run/)
    writeFileSync(inDir('acts.jsonl'), header + runFileAction({ t: 5, event: '{ at: 5s, pign: x }' }))
    const wrong = cli('run', 'acts.jsonl')
    assert.deepEqual([wrong.status, /^action 1: events\[5\]\.pign: /m.test(wrong.stderr)], [2, true])
  })
  test('--record, and the same run again', () => {
    const first = cli('run', 'wrong-password', '--quiet', '--seed', '5', '--record', 'r.run')
    assert.equal(first.status, 0)
    assert.equal(first.stderr, 'The run is kept in r.run: pptp-lab run r.run\n')
    const again = cli('run', 'r.run', '--quiet')
    assert.equal(again.status, 0)
    assert.match(again.stdout, /seed 5\n[\s\S]*The same run as the recorded one/)
    const text = readFileSync(inDir('r.run'), 'utf8')
    writeFileSync(
      inDir('other.run'),
      text.replace(/"version":"[^"]*"/, '"version":"0.0.9"').replace(/"fingerprint":"[^"]*"/, '"fingerprint":"00"'),
    )
    const differing = cli('run', 'other.run', '--quiet')
    assert.equal(differing.status, 1)
    assert.match(differing.stdout, /Not the same run .* 00\. It was recorded by pptp-lab 0\.0\.9/)
  })
  test('--pcap: one whole file for each link', () => {
    const { status, stderr } = cli('run', 'voluntary', '--quiet', '--pcap', 'out/deep')
    assert.equal(status, 0)
    assert.match(stderr, /^3 captures in out.deep.: alice_eth0-isp_eth0\.pcapng, .*, office_eth1-files_eth0\.pcapng\n$/)
    assert.deepEqual(readdirSync(inDir('out/deep')), [
      'alice_eth0-isp_eth0.pcapng',
      'isp_eth1-office_eth0.pcapng',
      'office_eth1-files_eth0.pcapng',
    ])
    for (const name of readdirSync(inDir('out/deep'))) wholeCapture(inDir(`out/deep/${name}`))
    const decoded = cli('decode', 'out/deep/alice_eth0-isp_eth0.pcapng')
    assert.equal(decoded.status, 0)
    assert.match(decoded.stdout, /Outgoing-Call-Request/)
  })
})

function wholeCapture(path: string): void {
  const capture = Pcap.read(readFileSync(path))
  assert.ok(capture.frames.length > 0)
  assert.deepEqual(capture.problems, [])
}

/** Starts the program and waits for its first words. */
async function started(...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  })
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

describe('ending early', () => {
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    test(`${signal}: status ${status}, and the files are whole`, { skip: process.platform === 'win32' }, async () => {
      const child = await started('run', 'long.yaml', '--quiet', '--pcap', signal, '--record', `${signal}.run`)
      let text = ''
      child.stdout?.on('data', chunk => {
        text += chunk
      })
      setTimeout(() => child.kill(signal), 200)
      const [code] = await once(child, 'close')
      assert.equal(code, status)
      assert.match(text, /\nInterrupted at [\d.]+ s of 3600\.000 s\.\n$/)
      wholeCapture(inDir(`${signal}/a_eth0-b_eth0.pcapng`))
      const lines = readFileSync(inDir(`${signal}.run`), 'utf8')
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as { type: string })
      assert.deepEqual(
        lines.map(line => line.type),
        ['header', 'end'],
      )
    })
  }
  test('the reader of stdout goes away: silence', async () => {
    const child = await started('run', 'long.yaml', '--json')
    child.stdout?.destroy()
    let talk = ''
    child.stderr?.on('data', chunk => {
      talk += chunk
    })
    const [code] = await once(child, 'close')
    assert.equal(talk, '')
    assert.equal(code, 0)
  })
})

describe('the other commands', () => {
  test('check names every lab, good or bad', () => {
    const { status, stdout, stderr } = cli('check', 'bad.yaml', 'none.yaml', 'long.yaml', 'voluntary')
    assert.equal(status, 2)
    assert.match(stdout, /^long\.yaml: good, 2 nodes, 1 link, 1 check\nvoluntary: good/)
    assert.match(stderr, /^bad\.yaml:[\s\S]*There is no file none\.yaml here\.\n/)
  })
  test('check warns of what looks like a mistake, and the lab is good all the same', () => {
    const { status, stdout } = cli('check', 'port-47-mistake')
    assert.equal(status, 0)
    assert.match(
      stdout,
      /^warning: port-47-mistake:\d+:\d+: topology\.nodes\.guard\.filter\[1\]: [\s\S]*GRE has no ports/,
    )
    assert.match(stdout, /^port-47-mistake: good/m)
  })
  test('schema prints the shipped schema', () => {
    assert.equal(cli('schema').stdout, readFileSync(rootPath('topologies/lab.schema.json'), 'utf8'))
  })
  test('init writes a lab that is good and runs, and overwrites nothing', () => {
    assert.equal(cli('init').status, 0)
    assert.equal(cli('check', 'my-lab.yaml').status, 0)
    assert.equal(cli('run', 'my-lab.yaml', '--quiet').status, 0)
    refused(['init'], /my-lab\.yaml exists already/)
    refused(['init', 'voluntary'], /^The name of a lab file ends in \.yaml: pptp-lab init voluntary\.yaml\n$/)
  })
  test('decode of a real capture, and of rubbish', () => {
    const { status, stdout } = cli('decode', rootPath('test/captures/pap-plain.pcap'), '--json')
    assert.equal(status, 0)
    for (const line of stdout.trimEnd().split('\n')) JSON.parse(line)
    writeFileSync(inDir('rubbish.pcap'), 'this is no capture at all, is it?')
    const sealed = rootPath('test/captures/mschapv2-mppe40.pcap')
    const opened = cli('decode', sealed, '--password', 'bob=x=y', '--password', 'alice=alice-secret')
    assert.equal(opened.status, 0)
    assert.match(opened.stdout, /MPPE count 1, .* · IP 192\.168\.80\.10 > 192\.168\.80\.1 · ICMP echo request/)
    assert.match(opened.stderr, /MPPE 40 bit stateless: 244 of 244 packets decrypted\n/)
    const wrong = cli('decode', sealed, '--password', 'alice=secret')
    assert.equal(wrong.status, 1)
    assert.match(wrong.stderr, /0 of 244 packets decrypted: "alice" has another password than the one given\n/)
    const rubbish = cli('decode', 'rubbish.pcap')
    assert.equal(rubbish.status, 1)
    assert.match(rubbish.stderr, /rubbish\.pcap: .*0/)
  })
  const bash = spawnSync('bash', ['--version']).status === 0
  test('completion bash completes commands, options and labs', { skip: !bash }, () => {
    const script = `${cli('completion', 'bash').stdout}
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pptp_lab 2>/dev/null; echo "\${COMPREPLY[*]}"; }
complete_words pptp-lab r
complete_words pptp-lab run --qu
complete_words pptp-lab run wrong
complete_words pptp-lab completion f
complete_words pptp-lab init l
complete_words pptp-lab run lon
complete_words pptp-lab check no
`
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: dir, encoding: 'utf8', timeout: 10_000 })
    assert.equal(stderr, '')
    assert.equal(stdout, 'run\n--quiet --quiz\nwrong-password\nfish\n\nlong.yaml\nno-encryption\n')
    assert.equal(spawnSync('bash', ['-n'], { input: cli('completion', 'zsh').stdout }).status, 0)
    assert.match(cli('completion', 'fish').stdout, /^complete -c pptp-lab .* -l seed -r /m)
  })
})

const script = spawnSync('script', ['--version']).status === 0
describe('on a terminal', { skip: !script }, () => {
  const pty = (env: NodeJS.ProcessEnv, words = 'run wrong-password') =>
    spawnSync('script', ['-qec', `"${process.execPath}" "${CLI}" ${words}`, '/dev/null'], {
      cwd: dir,
      encoding: 'utf8',
      timeout: 30_000,
      env: { PATH: process.env.PATH, TERM: 'xterm', ...env },
    }).stdout
  test('colours, unless NO_COLOR', () => {
    assert.ok(pty({}).includes('\u001b[36mcontrol'))
    assert.ok(!pty({ NO_COLOR: '1' }).includes('\u001b'))
  })
  test('no line is wider than the terminal', () => {
    for (const line of pty({ NO_COLOR: '1', COLUMNS: '80' }).split('\r\n')) assert.ok(line.length <= 80, line)
  })
  for (const columns of [60, 80, 100, 120]) {
    test(`${columns} columns: the verdict is wrapped once, as late as can be, and keeps its indent`, () => {
      const args = ['run', 'voluntary', '--quiet', '--set', 'topology.links[0].delay=150ms']
      const whole = cli(...args).stdout.trimEnd()
      const shown = pty({ COLUMNS: String(columns) }, args.map(word => `'${word}'`).join(' '))
      const rows = shown
        .replace(/\u001b\[\d+m/g, '')
        .trimEnd()
        .split('\r\n')
      for (const line of whole.split('\n')) {
        const margin = /^(PASS|FAIL| {6})/.test(line) ? ' '.repeat(6) : ''
        let text = rows.shift() ?? ''
        let row = text
        while (text !== line) {
          const next = rows.shift() ?? assert.fail(`${text}\nis not\n${line}`)
          assert.ok(next.startsWith(margin) && next[margin.length] !== ' ', next)
          const words = next.slice(margin.length)
          assert.ok(row.length + 1 + words.split(' ')[0].length > columns, `${row}\nis broken too early`)
          assert.ok(next.length <= columns, next)
          text += ` ${words}`
          row = next
        }
      }
      assert.deepEqual(rows, [])
    })
  }
})
