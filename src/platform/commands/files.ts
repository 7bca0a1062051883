/** The commands that look at files and run nothing: check, decode, labs, schema, init, completion. */
import { existsSync, writeFileSync } from 'node:fs'
import { load, renderIssues } from '../../index.ts'
import { completionScript, SHELLS } from '../completion.ts'
import { checkedLab, parseOverride, readBytes, readLab, readText, schemaFile, shippedLabs } from '../files.ts'
import { err, out, paint } from '../terminal.ts'
import { type Command, EXIT, UsageError } from '../usage.ts'

export const checkCommand: Command = {
  operands: 'LAB...',
  help: 'Checks lab files without running them: status 0 if they are right, 2 if not. Every problem is named with its place.',
  options: {
    set: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'change one value first, as `run --set` does' },
  },
  run: (operands, options) => {
    if (operands.length === 0) throw new UsageError('pptp-lab check wants a lab, such as: pptp-lab check my-lab.yaml')
    const overrides = ((options.set ?? []) as string[]).map(parseOverride)
    let status: number = EXIT.good
    for (const name of operands) {
      const file = readLab(name, overrides)
      const loaded = load(file.text, file.file, file.overrides)
      if (loaded.ok) {
        const { nodes, links, checks } = loaded.lab
        out(
          `${name}: ${paint('green', 'good')}, ${nodes.length} nodes, ${links.length} links, ${checks.length} checks\n`,
        )
      } else {
        err(`${renderIssues(loaded.issues)}\n`)
        status = EXIT.usage
      }
    }
    return status
  },
}

export const decodeCommand: Command = {
  operands: 'FILE',
  help: 'Reads a capture (pcap or pcapng), ours or a real one, and prints a line for each packet down to PPP options and MPPE.',
  options: {
    json: { type: 'boolean', help: 'print every field of every frame, with its offset, as a line of JSON' },
  },
  run: async (operands, options) => {
    if (operands.length !== 1)
      throw new UsageError('pptp-lab decode wants one capture, such as: pptp-lab decode out.pcapng')
    const { decodeCapture, json, lines, problemLines } = await import('../../decode/decode.ts')
    const decoded = decodeCapture(readBytes(operands[0]))
    for (const line of options.json ? json(decoded) : lines(decoded)) out(`${line}\n`)
    for (const line of problemLines(decoded)) err(`${operands[0]}: ${line}\n`)
    return decoded.problems.length === 0 ? EXIT.good : EXIT.failed
  },
}

export const labsCommand: Command = {
  operands: '',
  help: 'Lists the labs that come with pptp-lab.',
  options: { json: { type: 'boolean', help: 'one line of JSON for each' } },
  run: (_, options) => {
    const labs = shippedLabs().map(({ name, path }) => {
      const { description, nodes } = checkedLab({ text: readText(path), file: path, overrides: [] })
      return { name, description, nodes: nodes.length }
    })
    const width = Math.max(...labs.map(lab => lab.name.length))
    for (const lab of labs) {
      const { name, description } = lab
      out(
        options.json
          ? `${JSON.stringify({ type: 'lab', ...lab })}\n`
          : `${paint('bold', name.padEnd(width))}  ${description}\n`,
      )
    }
    return EXIT.good
  },
}

export const schemaCommand: Command = {
  operands: '',
  help: 'Prints the JSON Schema of lab files, for editors that complete and check YAML.',
  options: {},
  run: () => {
    out(readText(schemaFile()))
    return EXIT.good
  },
}

export const initCommand: Command = {
  operands: '[FILE]',
  help: 'Writes a first lab of your own (my-lab.yaml) to start from. A file that exists is left alone.',
  options: {},
  run: operands => {
    const path = operands[0] ?? 'my-lab.yaml'
    if (operands.length > 1) throw new UsageError('pptp-lab init wants one file name, or none for my-lab.yaml')
    if (existsSync(path))
      throw new UsageError(`${path} exists already. Choose another name: pptp-lab init other-lab.yaml`)
    writeFileSync(path, FIRST_LAB)
    out(`${path} is written. Run it: pptp-lab run ${path}\n`)
    return EXIT.good
  },
}

const FIRST_LAB = `# A first lab: one computer dials its office through a provider's router.
# Everything that may stand here: docs/topology.md. Try:  pptp-lab check THIS-FILE,  pptp-lab run THIS-FILE
name: my-lab
description: My computer dials the office.
stop: 10s

topology:
  nodes:
    me:
      kind: client
      routes: ["default via 198.51.100.1"]
      pptp:
        server: office             # a node or an address
        user: me
        password: a good one
        auth: ms-chap-v2
        mppe: required
        routes: [10.20.0.0/24]     # what is reached through the tunnel
    isp:
      kind: router
    office:
      kind: pptp-server
      routes: ["default via 203.0.113.1"]
      pptp:
        local: 10.8.0.1
        pool: 10.8.0.10-10.8.0.99
        users: { me: a good one }
        auth: ms-chap-v2
        mppe: required
    files:
      kind: host
      routes: ["default via 10.20.0.1"]
  links:
    - { endpoints: ["me:eth0", "isp:eth0"],      ipv4: [198.51.100.10/24, 198.51.100.1/24], delay: 15ms }
    - { endpoints: ["isp:eth1", "office:eth0"],  ipv4: [203.0.113.1/24, 203.0.113.5/24],    delay: 5ms }
    - { endpoints: ["office:eth1", "files:eth0"], ipv4: [10.20.0.1/24, 10.20.0.5/24] }

events:
  - { at: 0s, connect: me }
  - { at: 3s, ping: { from: me, to: files, count: 3, interval: 1s } }

expect:
  tunnel: { description: The tunnel comes up, by: 2s, state: { me.ppp.ipcp: opened } }
  ping:   { description: The file server answers, by: 9s, seen: { event: ping-reply, at: me, count: "== 3" } }
`

export const completionCommand: Command = {
  operands: 'SHELL',
  help: `Prints a script that completes pptp-lab's commands: ${SHELLS.join(', ')}. For bash: source <(pptp-lab completion bash)`,
  options: {},
  run: operands => {
    const script = operands.length === 1 ? completionScript(operands[0]) : undefined
    if (script === undefined) throw new UsageError(`pptp-lab completion wants one of ${SHELLS.join(', ')}`)
    out(script)
    return EXIT.good
  },
}
