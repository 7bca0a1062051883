// The package as its users get it: packed, installed in an empty folder, looked through, and run there.
// Run it as `npm run test:pack`; npm itself says where npm is.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const npmCli = process.env.npm_execpath
if (npmCli === undefined) fail('say npm run test:pack')

// What npm tells its scripts of this folder must not reach the npm of the other.
const env = { ...process.env, INIT_CWD: undefined, npm_config_local_prefix: undefined }

const work = mkdtempSync(join(tmpdir(), 'pptp-lab-pack-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const folder = join(work, 'empty')
mkdirSync(folder)
run(root, npmCli, 'pack', '--silent', '--pack-destination', work)
const tarballs = readdirSync(work).filter(name => name.endsWith('.tgz'))
if (tarballs.length !== 1) fail(`npm pack made ${tarballs.length} tarballs`)
run(folder, npmCli, 'install', join('..', tarballs[0]), '--no-audit', '--no-fund', '--prefer-offline')

const home = join(folder, 'node_modules', 'pptp-lab')
const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(name =>
  statSync(join(home, name)).isFile(),
)
const troubles = files.flatMap(name => troubleOf(name).map(trouble => `${name}: ${trouble}`))
if (troubles.length > 0) fail(`in the package:\n${troubles.join('\n')}`)
for (const needed of [
  'package.json',
  'README.md',
  'LICENSE',
  'dist/src/index.d.ts',
  'topologies/lab.schema.json',
  'docs/api.md',
]) {
  if (!files.includes(needed.split('/').join(sep))) fail(`${needed} is not in the package`)
}
console.log(`${files.length} files in the package: no tests, nothing of this machine, nothing left over.`)

const output = run(folder, npmCli, 'exec', '--offline', '--', 'pptp-lab', 'run', 'voluntary')
const verdict = /^All (\d+) checks have passed\./m.exec(output)
if (!verdict) fail(`the lab says:\n${output}`)
const api = run(folder, '--input-type=module', '-e', "console.log(Object.keys(await import('pptp-lab')).join())")
for (const name of ['load', 'lab', 'build', 'run', 'snapshot']) {
  if (!api.trim().split(',').includes(name)) fail(`import 'pptp-lab' has no ${name}: ${api}`)
}
const device = run(
  home,
  '--input-type=module',
  '-e',
  "console.log((await import('koffi')).version, typeof (await import('tuntap2')).Tun)",
)
if (!/^\d+\.\d+\.\d+ function$/.test(device.trim())) fail(`tuntap2 and koffi say ${device}`)
console.log(`Installed in an empty folder, npx pptp-lab run voluntary: ${verdict[0]}`)

/** What a file of the package must not be or say. */
function troubleOf(name) {
  const path = name.split(sep).join('/')
  const own = !path.startsWith('node_modules/') || /^node_modules\/(tcp-userspace|tuntap2)\//.test(path)
  if (!own) return [`a package that was not meant to be bundled`]
  const text = readFileSync(join(home, name), 'utf8')
  const found = [root, work, homedir()].filter(place => place.length > 5 && text.includes(place.replace(/[/\\]$/, '')))
  const troubles = found.map(place => `names ${place}`)
  if (/(^|\/)test\/|\.test\.|\.tsbuildinfo$|(^|\/)tsbuildinfo$|\.map$|^bench\//.test(path)) {
    troubles.push('has no place in a package')
  }
  const compiled = /^(?:dist\/(src\/.*)|node_modules\/(tcp-userspace|tuntap2)\/dist\/(.*))(?:\.d\.ts|\.js)$/.exec(path)
  const source = compiled && (compiled[1] ?? `src/${compiled[2]}/${compiled[3]}`)
  if (source && !existsSync(join(root, `${source}.ts`))) troubles.push('is left over: it has no source (npm run clean)')
  return troubles
}

/** Runs a script of Node's; anything but status 0 ends everything. */
function run(cwd, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) fail(`${args.slice(1, 4).join(' ')} ended with status ${status}:\n${stdout}${stderr}`)
  return stdout
}

function fail(text) {
  console.error(`test:pack: ${text}`)
  process.exit(1)
}
