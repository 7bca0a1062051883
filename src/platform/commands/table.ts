/** Every command of the program, in the order of the help: its words here, its work in a file of its own. */
import type { Command, Option } from '../usage.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export const FORMATS = ['text', 'svg', 'mermaid'] as const
export const LADDER_FORMATS = ['text', 'mermaid', 'svg', 'html'] as const
export const COMPARISONS = ['nat'] as const

/** What every command that runs a lab understands; a command may say more of an option than stands here. */
const QUIET: Option = { type: 'boolean', help: 'print the verdict only' }
const VERBOSE: Option = { type: 'boolean', help: 'print every packet and every state' }
const UNFOLDED: Option = {
  type: 'boolean',
  help: 'print a burst of lines that differ in numbers only line by line; otherwise the first five and how many follow',
}
const JSON_LINES: Option = { type: 'boolean', help: 'print every event as a line of JSON' }
const SEED: Option = {
  type: 'string',
  value: 'N',
  wants: ['a whole number', '7'],
  help: 'another seed than that of the lab: other random numbers, other losses',
}
const SET: Option = {
  type: 'string',
  multiple: true,
  value: 'KEY=VALUE',
  wants: ['KEY=VALUE', 'seed=7'],
  help: 'change one value of the lab, as often as you like: --set topology.links[0].delay=80ms',
}
const UNTIL: Option = { type: 'string', value: 'TIME', wants: ['a time', '5s'], help: 'stop earlier: --until 5s' }
const RECORD: Option = {
  type: 'string',
  value: 'FILE',
  wants: ['a file', 'run.jsonl'],
  help: 'keep what is needed to have the same run again: pptp-lab run FILE',
}
const PASSWORD: Option = {
  type: 'string',
  multiple: true,
  value: 'USER=PASSWORD',
  wants: ['USER=PASSWORD', 'alice=wonderland'],
  help: 'decrypt what this user has sent and received; stderr says how much of it could be read',
}
const PCAP: Option = {
  type: 'string',
  value: 'DIR',
  wants: ['a folder', 'out'],
  help: 'write one capture for each link, for Wireshark',
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    operands: 'LAB',
    example: 'pptp-lab run voluntary',
    help: 'Runs a lab, tells what happens, and ends with the verdict of its checks. LAB is a file, the name of a lab that comes with pptp-lab, or a recorded run. Status 0 if no check has failed (one that was not due yet is OPEN), 1 if one has, 2 if the lab or the command line is wrong, 130 after ^C.',
    options: {
      quiet: QUIET,
      verbose: VERBOSE,
      unfolded: UNFOLDED,
      json: JSON_LINES,
      seed: SEED,
      set: SET,
      until: UNTIL,
      speed: {
        type: 'string',
        value: 'N',
        wants: ['a number', '1'],
        help: 'go with the clock: so many seconds of the lab in a second, 0.01 to 100; without it, or with max, as fast as it goes',
      },
      record: RECORD,
      pcap: PCAP,
      quiz: {
        type: 'boolean',
        help: 'stop before the questions of the lab and ask them: a number, and how sure you are (3 c); what has come of it is told once the run has shown it. Without a terminal each line of stdin is an answer',
      },
      ledger: {
        type: 'boolean',
        help: 'at the end, what each tunnel weighs: octets by layer, and what encryption computed',
      },
    },
    load: async () => (await import('./run.ts')).runLab,
  },
  bridge: {
    operands: 'LAB',
    example: 'sudo pptp-lab bridge bridge-server',
    help: 'Runs a lab with the clock on the wall and opens its ways out of the simulation: TUN devices, which real machines can use (Linux, root), and UDP ports. Ends with ^C or at the `stop` of the lab, and takes away what it made on this machine. docs/bridge.md explains all of it. Status as that of run; 2 also if a device cannot be opened.',
    options: {
      'dry-run': { type: 'boolean', help: 'only print what would change on this machine' },
      'tun-fd': {
        type: 'string',
        value: 'N',
        wants: ['the number of an open descriptor', '3'],
        help: 'use a TUN device that somebody else has opened and handed over as this descriptor: no root is needed',
      },
      quiet: QUIET,
      verbose: VERBOSE,
      unfolded: UNFOLDED,
      json: JSON_LINES,
      seed: SEED,
      set: SET,
      until: UNTIL,
      record: {
        ...RECORD,
        help: 'keep the run and all that came in: pptp-lab run FILE plays it without the real machines',
      },
      pcap: { ...PCAP, help: 'write one capture for each link, for Wireshark, with the time of the wall' },
    },
    load: async () => (await import('./bridge.ts')).bridge,
  },
  tui: {
    operands: '[LAB|CAPTURE]',
    example: 'pptp-lab tui voluntary',
    help: 'Shows a lab in the terminal while it runs: the network, the tunnels, every packet and its octets. A recorded run is shown as it went, and of a CAPTURE (pcap, pcapng), ours or a real one, its packets and messages. Without a name it lets you choose a lab. Keys: ? in the program.',
    options: {
      seed: SEED,
      set: SET,
      speed: {
        type: 'string',
        value: 'N',
        wants: ['a number', '10'],
        help: 'seconds of the lab in a second: 0.01 to 100, or max',
      },
      theme: { type: 'string', value: 'THEME', wants: ['a theme', 'dark'], help: 'dark, light or mono' },
      'no-color': { type: 'boolean', help: 'no colours, as --theme mono' },
      ascii: { type: 'boolean', help: 'ASCII characters only' },
      'no-quiz': {
        type: 'boolean',
        help: 'do not ask the questions of the lab; without it the run stops before each of them',
      },
      'no-tour': { type: 'boolean', help: 'do not show a first user around' },
      plain: { type: 'boolean', help: 'whole sentences line by line instead of a screen, for screen readers and logs' },
      bridge: {
        type: 'boolean',
        help: 'open the ways out of the lab as the command bridge does, and watch live; docs/bridge.md',
      },
      record: { ...RECORD, help: 'with --bridge: keep the run and all that came in, to be played again' },
      'tun-fd': {
        type: 'string',
        value: 'N',
        wants: ['the number of an open descriptor', '3'],
        help: 'with --bridge: use a TUN device that somebody else has opened as this descriptor',
      },
      password: {
        type: 'string',
        multiple: true,
        value: 'USER=PASSWORD',
        wants: ['USER=PASSWORD', 'alice=wonderland'],
        help: 'of a capture: decrypt what this user has sent and received',
      },
    },
    load: async () => (await import('./tui.ts')).tui,
  },
  explain: {
    operands: 'LAB',
    example: 'pptp-lab explain nat-no-helper --call 1',
    help: 'Tells the life of one packet, one call or one machine of a lab or a recorded run, hop by hop: what each box did to it, by which rule or entry, and which octets it changed. Without an option it says what there is to explain. docs/explain.md shows it.',
    options: {
      packet: {
        type: 'string',
        value: 'NAME',
        wants: ['a packet', 'alice#33'],
        help: 'one packet in all its forms: alice#33 (as run names it), 40 (its number in the terminal UI) or alice_eth0-isp_eth0:17 (the frame of a capture)',
      },
      node: { type: 'string', value: 'NODE', wants: ['a node', 'home'], help: 'what one machine has done to packets' },
      call: {
        type: 'string',
        value: 'CALL',
        wants: ['a call', '1'],
        help: 'one call by its number, or by the machine that asked for it: its IDs at both ends, its messages, and how far its packets get',
      },
      json: { type: 'boolean', help: 'print what was found as lines of JSON' },
      seed: SEED,
      set: SET,
      until: UNTIL,
    },
    load: async () => (await import('./explain.ts')).explain,
  },
  ladder: {
    operands: 'LAB|CAPTURE',
    example: 'pptp-lab ladder voluntary --to 1s',
    help: 'Draws who said what to whom, in order of time: a column for each machine, an arrow for each packet on its whole way. Of a lab or a recorded run, or of a capture (pcap, pcapng), ours or a real one. Packets of one exchange are one line, unless --unfolded. docs/ladder.md explains the drawing.',
    options: {
      nodes: {
        type: 'string',
        value: 'A,B',
        wants: ['names of machines', 'alice,office'],
        help: 'columns for these machines only; without it for the ends of tunnels, and for others as long as there is room',
      },
      layer: {
        type: 'string',
        value: 'LAYERS',
        wants: ['layers', 'control,ppp'],
        help: 'only these: line, arp, radius, tcp, control, gre, lcp, auth, ccp, ipcp, data (in a tunnel), ip (outside); ppp and pptp stand for several',
      },
      tunnel: {
        type: 'string',
        value: 'TUNNEL',
        wants: ['a tunnel', '1'],
        help: 'of a lab: one tunnel only, with all of its calls, by its number in the terminal UI or by the machine that asked for it',
      },
      call: {
        type: 'string',
        value: 'CALL',
        wants: ['a call', '1'],
        help: 'of a capture: one call only, by its number as decode counts them',
      },
      from: { type: 'string', value: 'TIME', wants: ['a time', '5s'], help: 'begin later: --from 5s' },
      to: { type: 'string', value: 'TIME', wants: ['a time', '5s'], help: 'end earlier: --to 5s' },
      json: { type: 'boolean', help: 'print every row as a line of JSON' },
      unfolded: { type: 'boolean', help: 'a line for each packet' },
      format: {
        type: 'string',
        value: 'FORMAT',
        wants: ['a format', 'svg'],
        words: LADDER_FORMATS,
        help: 'text, mermaid (a sequence diagram for Markdown), svg (a picture) or html (a page in which every packet can be opened); text, if the name of the output does not say it',
      },
      output: {
        type: 'string',
        short: 'o',
        value: 'FILE',
        wants: ['a file', 'voluntary.html'],
        help: 'write it to a file: .svg, .html and .mmd choose the format',
      },
      ascii: { type: 'boolean', help: 'text in ASCII characters only' },
      seed: SEED,
      set: SET,
      password: { ...PASSWORD, help: 'of a capture: decrypt what this user has sent and received' },
    },
    load: async () => (await import('./ladder.ts')).ladder,
  },
  check: {
    operands: 'LAB...',
    example: 'pptp-lab check my-lab.yaml',
    help: 'Checks lab files without running them. Every problem is named with its place. Status 0 if all are right, 2 if not.',
    options: {
      set: SET,
    },
    load: async () => (await import('./check.ts')).check,
  },
  graph: {
    operands: 'LAB',
    example: 'pptp-lab graph voluntary',
    help: 'Draws the network of a lab: machines by kind, links with what they do to packets, tunnels on the way that they take, and where packets are protected and where in clear. Nothing is run. docs/graph.md explains the drawing.',
    options: {
      format: {
        type: 'string',
        value: 'FORMAT',
        wants: ['a format', 'svg'],
        words: FORMATS,
        help: 'text, svg (a picture) or mermaid (a flowchart for Markdown); text, if the name of the output does not say it',
      },
      output: {
        type: 'string',
        short: 'o',
        value: 'FILE',
        wants: ['a file', 'voluntary.svg'],
        help: 'write it to a file: .svg and .mmd choose the format',
      },
      ascii: { type: 'boolean', help: 'text in ASCII characters only' },
      set: SET,
    },
    load: async () => (await import('./graph.ts')).graph,
  },
  compare: {
    operands: 'WHAT',
    words: COMPARISONS,
    example: 'pptp-lab compare nat',
    help: "Compares what boxes and habits make of PPTP. `nat` is the NAT zoo: every kind of NAT box, at the clients' side and at the servers', with one to three clients and one server or one each. Every cell is the run of a small lab, and the reasons come from its trace. docs/nat-zoo.md explains the table.",
    options: {
      json: { type: 'boolean', help: 'print every cell with all that is known of its tunnels as a line of JSON' },
      verbose: { type: 'boolean', help: 'after the tables what the trace says of every tunnel' },
      svg: {
        type: 'string',
        value: 'FILE',
        wants: ['a file', 'zoo.svg'],
        help: 'write a heat map as a picture instead',
      },
      html: {
        type: 'string',
        value: 'FILE',
        wants: ['a file', 'zoo.html'],
        help: 'write a page with the heat map and the reasons instead',
      },
      cell: {
        type: 'string',
        value: 'NAME',
        wants: ['the name of a cell', 'keyless-clients-2-same'],
        help: 'print the lab of one cell only, to run it: pptp-lab compare nat --cell keyless-clients-2-same > cell.yaml',
      },
    },
    load: async () => (await import('./compare.ts')).compare,
  },
  decode: {
    operands: 'FILE',
    example: 'pptp-lab decode out/alice_eth0-isp_eth0.pcapng',
    help: 'Reads a capture (pcap or pcapng), ours or a real one, and prints a line for each packet. It goes down to PPP options, CHAP fields and the MPPE header. Status 0 if all of it could be read; if not, 1, and stderr names what and where.',
    options: {
      json: { type: 'boolean', help: 'print every field of every frame, with its offset, as a line of JSON' },
      password: PASSWORD,
    },
    load: async () => (await import('./decode.ts')).decode,
  },
  doctor: {
    operands: '[LAB|CAPTURE]',
    example: 'pptp-lab doctor gre-blocked',
    help: 'Says what is wrong, and how sure that is: the cause, what speaks for it, the cure, and the lab that shows it. LAB is run; a CAPTURE (pcap, pcapng), ours or a real one, is read as far as one place can tell. Or from a symptom alone: --windows or --log. docs/doctor.md shows how it finds out. Status 0 if nothing is wrong, 1 if something is.',
    options: {
      json: { type: 'boolean', help: 'one line of JSON for each fault, with all of the evidence' },
      windows: {
        type: 'string',
        value: 'NUMBER',
        wants: ['the number of an error', '619'],
        help: 'an error that Windows shows: what may be behind it',
      },
      log: {
        type: 'string',
        value: 'TEXT',
        wants: ['a line of a log, or a file with some', '"LCP: timeout sending Config-Requests"'],
        help: 'a line of a log of pppd, pptp or pptpd, or a file with such lines',
      },
      seed: SEED,
      set: SET,
      until: UNTIL,
    },
    load: async () => (await import('./doctor.ts')).doctor,
  },
  labs: {
    operands: '',
    example: 'pptp-lab labs',
    help: 'Lists the labs that come with pptp-lab.',
    options: { json: { type: 'boolean', help: 'one line of JSON for each' } },
    load: async () => (await import('./labs.ts')).labs,
  },
  schema: {
    operands: '',
    example: 'pptp-lab schema > lab.schema.json',
    help: 'Prints the JSON Schema of lab files, for editors that complete and check YAML.',
    options: {},
    load: async () => (await import('./schema.ts')).schema,
  },
  init: {
    operands: '[FILE]',
    example: 'pptp-lab init my-lab.yaml',
    help: 'Writes a first lab of your own (my-lab.yaml) to start from. A file that exists is left alone.',
    options: {},
    load: async () => (await import('./init.ts')).init,
  },
  completion: {
    operands: 'SHELL',
    example: 'source <(pptp-lab completion bash)',
    help: `Prints a script that completes commands, options and labs: ${SHELLS.join(', ')}.`,
    options: {},
    load: async () => (await import('./completion.ts')).completion,
  },
}
