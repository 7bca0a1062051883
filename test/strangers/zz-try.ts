import { Undo } from '../support/outside/undo.ts'
import { transfer } from './transfer.ts'
import { look } from './analysis.ts'
import { PORT } from './lab.ts'
const [far, delay, loss, reordering, octets, seed] = process.argv.slice(2)
const undo = new Undo()
try {
  const began = performance.now()
  const folder = `/tmp/st-${far}-${delay}-${loss}`
  const { a, b } = await transfer({ far: far as 'ours', road: { delay, loss, reordering }, octets: Number(octets), seed: Number(seed) }, folder, undo)
  console.log('took', performance.now() - began)
  for (const c of [a, b]) {
    const seen = look(c, PORT)
    for (const [d, s] of Object.entries(seen)) console.log(c.slice(-22), d, s.seconds.toFixed(2), 's', s.negotiated.join(), Object.entries(s.flags).filter(([, n]) => n > 0).map(([f, n]) => `${f} ${n}`).join(', '))
  }
  console.log('analysed', performance.now() - began)
} finally { console.log(undo.all()) }
