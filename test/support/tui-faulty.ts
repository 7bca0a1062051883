/** The program with a fault on purpose: `j` in the first view throws. Run by test/tui/process.test.ts in a terminal. */
import { play } from '../../tui/main.ts'
import { PARTS } from '../../tui/views.ts'
import { labOf, sourceOf, TestDisk } from '../tui/robot.ts'

const faulty = {
  ...PARTS.net,
  press: () => {
    throw new Error('on purpose')
  },
}
const request = {
  open: sourceOf(labOf('voluntary')),
  disk: new TestDisk(),
  labs: [],
  tour: false,
  text: undefined,
  ascii: false,
  theme: undefined,
  speed: 1,
  plain: false,
  quiz: false,
}
process.exitCode = await play(request, { ...PARTS, net: faulty })
