/** What the stack is made of, for those who study its parts or test them one by one; not for use from outside. */
export { Cubic, cubeRoot } from './cubic.ts'
export { Isn } from './isn.ts'
export { NewReno } from './new-reno.ts'
export { Ranges } from './ranges.ts'
export { Receiver } from './receiver.ts'
export { Scoreboard } from './scoreboard.ts'
export { sipHash } from './siphash.ts'
