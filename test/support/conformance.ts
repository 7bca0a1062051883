/** docs/conformance.md, made from the titles of the tests (`npm run docs:update`). */
import { type TestTitle, testTitles } from './test-titles.ts'

const STANDARDS: Readonly<Record<string, string>> = {
  'RFC 2637': 'Point-to-Point Tunneling Protocol (PPTP)',
  'RFC 1661': 'The Point-to-Point Protocol (PPP)',
  'RFC 1662': 'PPP in HDLC-like Framing',
  'RFC 1570': 'PPP LCP Extensions',
  'RFC 1990': 'The PPP Multilink Protocol (MP)',
  'RFC 1332': 'The PPP Internet Protocol Control Protocol (IPCP)',
  'RFC 1877': 'PPP IPCP Extensions for Name Server Addresses',
  'RFC 1144': 'Compressing TCP/IP Headers',
  'RFC 1334': 'PPP Authentication Protocols (PAP)',
  'RFC 1994': 'PPP Challenge Handshake Authentication Protocol (CHAP)',
  'RFC 2433': 'Microsoft PPP CHAP Extensions (MS-CHAP)',
  'RFC 2759': 'Microsoft PPP CHAP Extensions, Version 2',
  'RFC 1962': 'The PPP Compression Control Protocol (CCP)',
  'RFC 3078': 'Microsoft Point-To-Point Encryption (MPPE) Protocol',
  'RFC 3079': 'Deriving Keys for use with MPPE',
  'RFC 1320': 'The MD4 Message-Digest Algorithm',
  'RFC 1321': 'The MD5 Message-Digest Algorithm',
  'RFC 6229': 'Test Vectors for the Stream Cipher RC4',
  'FIPS 180': 'Secure Hash Standard (SHA-1)',
  'SP 500-20': 'Validating the Correctness of Hardware Implementations of the NBS Data Encryption Standard',
  'RFC 9293': 'Transmission Control Protocol (TCP)',
  'RFC 6298': "Computing TCP's Retransmission Timer",
  'RFC 5681': 'TCP Congestion Control',
  'RFC 6582': "The NewReno Modification to TCP's Fast Recovery Algorithm",
  'RFC 3042': "Enhancing TCP's Loss Recovery Using Limited Transmit",
  'RFC 6928': "Increasing TCP's Initial Window",
  'RFC 2018': 'TCP Selective Acknowledgment Options',
  'RFC 2883': 'An Extension to the Selective Acknowledgement (SACK) Option for TCP',
  'RFC 6675': 'A Conservative Loss Recovery Algorithm Based on Selective Acknowledgment (SACK) for TCP',
  'RFC 9438': 'CUBIC for Fast and Long-Distance Networks',
  'RFC 7661': 'Updating TCP to Support Rate-Limited Traffic',
  'RFC 896': 'Congestion Control in IP/TCP Internetworks (Nagle)',
  'RFC 6691': 'TCP Options and Maximum Segment Size (MSS)',
  'RFC 7323': 'TCP Extensions for High Performance',
  'RFC 5961': "Improving TCP's Robustness to Blind In-Window Attacks",
  'RFC 5927': 'ICMP Attacks against TCP',
  'RFC 1337': 'TIME-WAIT Assassination Hazards in TCP',
  'RFC 6191': 'Reducing the TIME-WAIT State Using TCP Timestamps',
  'RFC 5482': 'TCP User Timeout Option',
  'RFC 4987': 'TCP SYN Flooding Attacks and Common Mitigations',
  'RFC 5461': "TCP's Reaction to Soft Errors",
  'RFC 6056': 'Recommendations for Transport-Protocol Port Randomization',
  'RFC 791': 'Internet Protocol',
  'RFC 792': 'Internet Control Message Protocol',
  'RFC 768': 'User Datagram Protocol',
  'RFC 826': 'An Ethernet Address Resolution Protocol',
  'RFC 5227': 'IPv4 Address Conflict Detection',
  'RFC 3021': 'Using 31-Bit Prefixes on IPv4 Point-to-Point Links',
  'RFC 862': 'Echo Protocol',
  'RFC 863': 'Discard Protocol',
  'RFC 864': 'Character Generator Protocol',
  'RFC 1945': 'Hypertext Transfer Protocol -- HTTP/1.0',
  'RFC 9110': 'HTTP Semantics',
  'RFC 6585': 'Additional HTTP Status Codes',
  'RFC 1071': 'Computing the Internet Checksum',
  'RFC 1624': 'Computation of the Internet Checksum via Incremental Update',
  'RFC 1122': 'Requirements for Internet Hosts - Communication Layers',
  'RFC 1191': 'Path MTU Discovery',
  'RFC 4821': 'Packetization Layer Path MTU Discovery',
  'RFC 1812': 'Requirements for IP Version 4 Routers',
  'RFC 3629': 'UTF-8, a transformation format of ISO 10646',
  'IEEE 802.1D': 'Media Access Control (MAC) Bridges',
  'RFC 2865': 'Remote Authentication Dial In User Service (RADIUS)',
  'RFC 2866': 'RADIUS Accounting',
  'RFC 2548': 'Microsoft Vendor-specific RADIUS Attributes',
  'RFC 2869': 'RADIUS Extensions',
  'RFC 1027': 'Using ARP to Implement Transparent Subnet Gateways (proxy ARP)',
}

const HEAD = `# Conformance

Which test holds which clause. The titles of the tests name the clauses; \`npm run docs:update\` makes these tables from them,
and a test looks whether every test named here exists. \`…\` stands for what a title is filled in with when the test runs: the
row \`… in …: …\` of RFC 1661 §4.1 is 160 tests, one for each cell of the automaton.

Where we knowingly do something else than a clause says, [deviations.md](deviations.md) tells it.
`

/** Known standards in the order above, others behind them. */
export function conformance(): string {
  const rows = testTitles().flatMap(({ file, title, clauses }) => clauses.map(clause => ({ file, title, ...clause })))
  const used = new Set(rows.map(row => row.standard))
  const standards = [
    ...Object.keys(STANDARDS).filter(name => used.has(name)),
    ...[...used].filter(n => !(n in STANDARDS)),
  ]
  const parts = standards.map(standard => {
    const name = STANDARDS[standard]
    const own = rows.filter(row => row.standard === standard).sort((a, b) => byClause(a.clause, b.clause))
    const lines = own.map(({ clause, title, file }) => `| ${clause} | ${cell(title)} | ${short(file)} |`)
    return `\n## ${standard}${name === undefined ? '' : `: ${name}`}\n\n| clause | test | where |\n| --- | --- | --- |\n${lines.join('\n')}\n`
  })
  return `${HEAD}${parts.join('')}`
}

const short = (file: string): string => file.replace(/^test\/|\.test\.ts$/g, '')
const cell = (title: string): string => title.replaceAll('|', '\\|')
export const rowOf = ({ file, title }: TestTitle): string => `${short(file)}: ${title}`

/** By numbers: §4.2 before §4.10. */
function byClause(a: string, b: string): number {
  const [left, right] = [a, b].map(clause => (clause.match(/\d+/g) ?? []).map(Number))
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
