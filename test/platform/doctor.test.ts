/** `pptp-lab doctor`: what it can be asked about, its exit statuses, its JSON and its mistakes. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { rootPath } from '../support/root.ts'
import { shippedText } from '../support/shipped.ts'

const dir = mkdtempSync(join(tmpdir(), 'pptp-lab-doctor-'))
after(() => rmSync(dir, { recursive: true }))

function pptpLab(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [rootPath('dist/cli/cli.js'), ...args], {
    cwd: dir,
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.doesNotMatch(stderr, /fault of pptp-lab|\n\s+at /, 'no stack trace')
  return { status, stdout, stderr }
}
const doctor = (...args: string[]) => pptpLab('doctor', ...args)

describe('doctor', () => {
  test('a lab: status 1 and the cause, or 0 and nothing', () => {
    const sick = doctor('wrong-password')
    assert.equal(sick.status, 1)
    assert.match(sick.stdout, /^user name or password are wrong \(wrong-password\), certain/)
    assert.match(sick.stdout, /The lab that shows it: pptp-lab run wrong-password/)
    assert.deepEqual(doctor('voluntary'), {
      status: 0,
      stdout: 'voluntary: nothing is wrong; 1 tunnel in 30.000 s.\n',
      stderr: '',
    })
  })

  test('a value changed makes it sick or well', () => {
    const set = 'topology.nodes.alice.pptp.password=wonderland'
    assert.equal(doctor('wrong-password', '--set', set).status, 0)
    assert.match(
      doctor('nat-helper', '--set', 'topology.nodes.home.nat.like=linux').stdout,
      /\(nat-no-helper\), certain/,
    )
  })

  test('a file of the user under another name, and a recorded run', () => {
    writeFileSync(join(dir, 'mine.yaml'), shippedText('gre-blocked').replace('name: gre-blocked', 'name: mine'))
    assert.match(doctor('mine.yaml').stdout, /^GRE is blocked/)
    pptpLab('run', 'gre-blocked', '--quiet', '--until', '40s', '--record', 'r.jsonl')
    const { status, stdout } = doctor('r.jsonl')
    assert.equal(status, 1)
    assert.match(stdout, /r\.jsonl: one fault; 1 tunnel in 40\.000 s/)
  })

  test('captures, by their name or by their first octets', () => {
    const capture = rootPath('test/captures/mschapv2-wrong-password.pcap')
    assert.match(doctor(capture).stdout, /E=691.*\(frame 21\)/)
    assert.match(
      doctor(rootPath('test/captures/idle-echo.pcap')).stdout,
      /nothing is wrong, as far as can be seen from where/,
    )
    pptpLab('run', 'wrong-password', '--quiet', '--pcap', 'out')
    assert.match(doctor('out/alice_eth0-isp_eth0.pcapng').stdout, /^user name or password are wrong/)
  })

  test('a capture that is cut short is read as far as it goes, and one without tunnels is not called well', () => {
    const whole = readFileSync(rootPath('test/captures/mschapv2-wrong-password.pcap'))
    writeFileSync(join(dir, 'cut.pcap'), whole.subarray(0, whole.length - 7))
    const cut = doctor('cut.pcap')
    assert.match(cut.stdout, /E=691/)
    assert.match(
      cut.stderr,
      /^cut\.pcap: octet \d+: a record claims \d+ octets, and \d+ are left; what stands there is not/,
    )
    const first = 24 + 16 + whole.readUInt32LE(24 + 8)
    writeFileSync(join(dir, 'syn.pcap'), whole.subarray(0, 24))
    assert.match(doctor('syn.pcap').stderr, /^syn\.pcap holds no frame: nothing was captured\.$/m)
    const arp = Buffer.from(whole.subarray(0, first))
    arp.fill(0, 24 + 16)
    writeFileSync(join(dir, 'other.pcap'), arp)
    assert.deepEqual(doctor('other.pcap'), {
      status: 0,
      stdout: 'other.pcap: no tunnel is in it, and no attempt at one.\n',
      stderr: '',
    })
  })

  test('--json: a head, a line for each fault with evidence and path, a result', () => {
    const { status, stdout } = doctor('busy-lines', '--json')
    assert.equal(status, 1)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(
      lines.map(({ type, cause }) => [type, cause]),
      [
        ['doctor', undefined],
        ['finding', 'call-limit'],
        ['finding', 'lines-busy'],
        ['result', undefined],
      ],
    )
    for (const line of lines) assert.deepEqual([typeof line.t, typeof line.node], ['number', 'string'])
    const { path, evidence, sure, who } = lines[1]
    assert.deepEqual([sure, who], ['certain', ['nas']])
    assert.deepEqual(path.at(-1), { question: 'limit', ask: path.at(-1).ask, answer: 'yes' })
    assert.ok(evidence.length > 0)
    assert.deepEqual(lines[3].findings, 2)
  })

  test('a symptom: an error number, a line, a file of lines', () => {
    assert.match(
      doctor('--windows', '806').stdout,
      /^Windows, error 806\n.*\n {2}Mind: Ask first: does it work when nobody else .*\n.*likeliest first:\n {2}1\. GRE is blocked/,
    )
    assert.equal(doctor('--windows', '806').status, 1)
    writeFileSync(
      join(dir, 'syslog'),
      'pppd[7]: Connect: ppp0\npppd[7]: LCP: timeout sending Config-Requests\npppd[7]: Modem hangup\n',
    )
    assert.match(doctor('--log', 'syslog').stdout, /^pppd\[7\]: LCP: timeout/)
    assert.equal(doctor('--log', 'GRE: Bad checksum from pppd').status, 0)
  })

  test('mistakes end with 2 and say what would be right', () => {
    writeFileSync(join(dir, 'empty.pcap'), '')
    for (const [args, words] of [
      [[], /doctor wants a lab, a run file or a capture, or a symptom/],
      [['--windows', '5'], /such|619, 628/],
      [['--log', 'all is quiet'], /No line of it is known/],
      [['voluntary', '--windows', '619'], /takes one of them/],
      [['volantary'], /Did you mean voluntary\?/],
      [['empty.pcap'], /empty\.pcap holds no frame: octet 0:/],
      [['empty.pcap', '--seed', '3'], /--seed changes the run of a lab; empty\.pcap is a capture/],
      [['--windows', '619', '--until', '3s'], /--until changes the run of a lab/],
      [['nowhere.pcap'], /nowhere\.pcap cannot be read/],
      [['bridge-server'], /pptp-lab bridge/],
    ] as const) {
      const { status, stderr } = doctor(...args)
      assert.equal(status, 2, args.join(' '))
      assert.match(stderr, words)
    }
  })
})
