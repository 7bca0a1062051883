// Makes dist/cli/cli.js of the compiled program: one file where there were a hundred and fifty, which a computer opens in
// half the time (docs/decisions/008). What a command loads only when asked for stays in a file of its own, and so does the
// terminal UI.
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../', import.meta.url))
rmSync(`${root}dist/cli`, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: { cli: 'dist/src/platform/cli.js', tui: 'dist/tui/main.js' },
  // blessed loads its own parts by names that no bundler sees; tuntap2 brings native code (docs/decisions/009).
  external: ['blessed', 'tuntap2'],
  outdir: 'dist/cli',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // For packages that are CommonJS.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
})
