import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

for (const dir of ['dist', 'src/tcp-userspace/dist', 'src/tuntap2/dist']) {
  rmSync(fileURLToPath(new URL(`../../${dir}`, import.meta.url)), { recursive: true, force: true })
}
