/** Doing something in the run: `a` and its lists, `u` and `R`, the line behind `:`, saving, and leaving. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadWith, Run, VERB_WORDS } from '../../src/index.ts'
import { ACT_MENUS } from '../../tui/acts.ts'
import { COMMANDS } from '../../tui/commands.ts'
import { completed } from '../../tui/complete.ts'
import { labNameOf, ownFile } from '../../tui/files.ts'
import { FIRST_UI } from '../../tui/press.ts'
import { Session } from '../../tui/session.ts'
import { PARTS } from '../../tui/views.ts'
import { entriesFor } from '../support/entries.ts'
import { CLOSED } from '../support/shipped.ts'
import { labOf, Robot, type RobotOptions, sourceOf, TestWall } from './robot.ts'

const start = (lab: string, options: Partial<RobotOptions> = {}): Robot =>
  new Robot({ lab: labOf(lab), parts: PARTS, ...options })

/** A line is typed, letter by letter. */
const type = (robot: Robot, text: string): Promise<void> =>
  robot.press(...[...text].map(letter => (letter === ' ' ? 'Space' : letter)))
const command = async (robot: Robot, text: string): Promise<string> => {
  await robot.press(':')
  await type(robot, text)
  await robot.press('Enter')
  return said(robot)
}
const said = (robot: Robot): string => robot.ui.message
const go = async (robot: Robot, seconds: string): Promise<void> => {
  await robot.press('t')
  await type(robot, seconds)
  await robot.press('Enter')
}
/** What a list offers: keys and words. */
const offered = (robot: Robot): string[] => {
  const menu = robot.ui.menu
  assert.ok(menu)
  return robot.rows.flatMap(row => /│[ ►](\S)\s+(\S.*?)\s*│/.exec(row.slice(2))?.slice(1, 3).join(' ') ?? [])
}
const actions = (robot: Robot): string[] => robot.session.deeds?.done.flatMap(({ entries }) => entries) ?? []

describe('a: what can be done', () => {
  test('with a client that has not dialled, and with one whose tunnel is up', async () => {
    const robot = start('voluntary')
    await robot.press('a')
    assert.deepEqual(
      offered(robot).map(row => row[0]),
      ['c', 'p', 'f', 'l', 'r', 'k', 'b', 'o', 's'],
    )
    assert.match(robot.rows[23], /^ arrows choose {2}Enter take {2}q Esc close/, 'k is a row here')
    await robot.press('Down', 'Up', 'Enter')
    assert.match(said(robot), /alice calls its server/)
    await robot.press('u')
    await go(robot, '3')
    await robot.press('a')
    assert.deepEqual(
      offered(robot).map(row => row[0]),
      ['d', 'p', 'f', 'l', 'r', 'k', 'b', 'o', 's'],
    )
    await robot.press('d')
    assert.equal(said(robot), '3.000 s: alice clears its call. u takes it back.')
    assert.deepEqual(actions(robot), ['{ at: 3.000000001s, disconnect: alice }'])
    await go(robot, '4')
    assert.equal(robot.scene.tunnels[0].up, false)
    await robot.close()
  })
  test('with a line: it is unplugged and plugged in, and gets a loss that is typed', async () => {
    const robot = start('voluntary')
    await robot.press('a', 'l')
    assert.deepEqual(
      offered(robot).map(row => row[0]),
      ['u', 'l', 'd', 'r'],
    )
    await robot.press('u')
    assert.equal(robot.scene.links[0].up, false)
    await robot.press('l', 'a')
    assert.match(robot.text, /┌ do with alice - isp ─/)
    await robot.press('p', 'a', 'l')
    assert.match(robot.rows[23], /^ loss of alice - isp 10%_ {2}Enter do it {2}Esc leave/)
    await robot.press('C-u')
    await type(robot, '20%')
    await robot.press('Enter')
    assert.match(said(robot), /the link between alice and isp gets loss 20%\. u takes it back\./)
    assert.equal(robot.scene.links[0].quality[0].loss, 0.2)
    await robot.press('a', 'd', 'C-u')
    await type(robot, 'soon')
    await robot.press('Enter')
    assert.match(said(robot), /"soon"/)
    assert.deepEqual(robot.ui.prompt, { kind: 'value', text: 'soon', about: 'delay 0' }, 'it stays, to be mended')
    await robot.close()
  })
  test('with a NAT box: another personality, and the tunnel that failed comes up', async () => {
    const robot = start('nat-no-helper')
    await go(robot, '35')
    assert.equal(robot.scene.tunnels[0].up, false)
    await robot.press('5', 'a')
    assert.ok(offered(robot).includes('n NAT personality, now linux ...'), offered(robot).join('\n'))
    await robot.press('n')
    assert.ok(!offered(robot).some(row => /\S linux /.test(row)), 'it is that already')
    const [choice] = offered(robot).filter(row => row.includes('linux-pptp'))
    await robot.press(choice[0])
    assert.match(said(robot), /home becomes like linux-pptp/)
    await command(robot, 'disconnect alice')
    await go(robot, '45')
    await command(robot, 'connect alice')
    await go(robot, '50')
    assert.equal(robot.scene.tunnels[0].up, true)
    await robot.close()
  })
  test('with rules: off, on again at their place, and a new one', async () => {
    const robot = start('gre-blocked')
    await robot.press('5', 'a', 'r')
    const before = offered(robot)
    const rule = before.find(row => row.includes('proto gre')) ?? ''
    assert.match(rule, /√ on/)
    await robot.press(rule[0])
    assert.match(said(robot), /loses the rule "forward drop proto gre"/)
    await robot.press('a', 'r')
    const off = offered(robot).find(row => row.includes('proto gre')) ?? ''
    assert.match(off, /· off/)
    await robot.press(off[0], 'a', 'r')
    assert.deepEqual(offered(robot), before)
    await robot.press('+')
    assert.match(robot.rows[23], /forward drop proto gre_/)
    await robot.press('Enter')
    assert.match(said(robot), /gets the rule "forward drop proto gre"/)
    await robot.close()
  })
  test('with a server: the password of one of its users', async () => {
    const robot = start('pool-exhausted')
    const users = robot.session.run.simulation.lab.nodes.flatMap(spec =>
      spec.kind === 'pptp-server' ? [...spec.pptp.users.keys()] : [],
    )
    assert.ok(users.length > 1)
    await command(robot, 'view net')
    await robot.press('G')
    for (let i = 0; i < 20 && robot.ui.selection.node !== 'office'; i++) await robot.press('h')
    assert.equal(robot.ui.selection.node, 'office')
    await robot.press('a', 'k')
    assert.deepEqual(
      offered(robot).map(row => row.slice(2)),
      users.map(user => `password of ${user}`),
    )
    await robot.press('2', 'Enter')
    assert.ok(said(robot).includes(`office has another password for ${users[1]}`), said(robot))
    await robot.close()
  })
  test('with a telephone: dial and hang up', async () => {
    const robot = start('dial-up')
    await robot.press('u')
    await go(robot, '20')
    await robot.press('a')
    assert.ok(offered(robot).includes('h hang up'))
    await robot.press('h')
    await go(robot, '25')
    await robot.press('a')
    assert.ok(offered(robot).some(row => row.startsWith('i dial 5550100')))
    assert.ok(!offered(robot).some(row => row.startsWith('c ')), 'he has no tunnel')
    await robot.press('i')
    await go(robot, '30')
    assert.equal(robot.scene.tunnels[0].up, true)
    await robot.close()
  })
  test('a reboot is two events, and one thing to take back', async () => {
    const robot = start('voluntary')
    await go(robot, '3')
    await robot.press('a', 'b')
    assert.equal(said(robot), '3.000 s: alice loses its power; at 8.000000001s alice starts anew. u takes it back.')
    await go(robot, '5')
    assert.equal(robot.scene.nodes.find(({ name }) => name === 'alice')?.off, true)
    await robot.press('a')
    assert.ok(offered(robot).some(row => row.startsWith('b give it power again')))
    await robot.press('Esc')
    await go(robot, '9')
    assert.equal(robot.scene.nodes.find(({ name }) => name === 'alice')?.off, undefined)
    await robot.press('u')
    assert.deepEqual(actions(robot), [])
    assert.equal(robot.scene.tunnels[0].up, true)
    await robot.close()
  })
  test('at the end of the run, nothing; and with a switch, its lines', async () => {
    const robot = start('voluntary-lan')
    await robot.press('G')
    const { node } = robot.ui.selection
    await go(robot, '9999')
    await robot.press('a')
    assert.match(said(robot), /^The run is over\. t goes to an earlier time/)
    assert.equal(
      await command(robot, 'note late').then(() => said(robot)),
      'The run is over, and nothing can be done any more. t goes to an earlier time.',
    )
    assert.ok(node)
    await robot.close()
  })
  test('each thing that a list of any lab offers can be done, and is the same as an event of the lab', () => {
    for (const name of CLOSED) {
      const source = sourceOf(labOf(name))
      for (const [at, spec] of source.lab.nodes.entries()) {
        const session = new Session(source, new TestWall())
        session.seek(4e9)
        for (const kind of ['act', 'lines', 'box', 'rules', 'passwords'] as const) {
          const model = () => ({
            scene: session.look(),
            recorder: session.recorder,
            ui: { ...FIRST_UI, selection: { ...FIRST_UI.selection, node: spec.name } },
            explain: '',
            ...(session.deeds ? { deeds: session.deeds } : {}),
          })
          if (kind === 'box' && !(spec.kind === 'firewall' && spec.nat)) continue
          const keys = ACT_MENUS[kind].rows(model(), spec.name).map(({ key }) => key)
          assert.equal(new Set(keys).size, keys.length, `${name} ${spec.name} ${kind}`)
          if (at % 3 > 0) continue
          for (let row = 0; row < ACT_MENUS[kind].rows(model(), spec.name).length && row < 4; row++) {
            const { effect } = ACT_MENUS[kind].pick(model(), row, spec.name)
            if (!effect || typeof effect === 'string' || !('act' in effect)) continue
            const told = session.act(effect.act)
            assert.ok(told.ok, `${name} ${JSON.stringify(effect.act)}: ${told.message}`)
          }
        }
        if (at % 3 > 0) continue
        session.seek(Math.min(session.run.now + 2e9, session.run.stop))
        const entries = session.deeds?.done.flatMap(each => each.entries) ?? []
        assert.ok(source.text)
        const loaded = loadWith(source.text, entries)
        assert.ok(loaded.ok)
        const again = new Run(loaded.lab, { until: session.run.now })
        again.advance()
        assert.deepEqual(again.result().drops, session.run.result().drops, name)
      }
    }
  })
})

describe('u and R', () => {
  test('run again to the same time without it, and with it', async () => {
    const robot = start('voluntary')
    await go(robot, '3')
    await robot.press('a', 'd')
    await go(robot, '5')
    const after = robot.scene.tunnels[0]
    assert.equal(after.up, false)
    await robot.press('u')
    assert.deepEqual([robot.scene.t, robot.scene.tunnels[0].up], [5e9, true])
    assert.equal(said(robot), 'Taken back: alice clears its call. R does it again.')
    await robot.press('R')
    assert.deepEqual([robot.scene.t, robot.scene.tunnels[0]], [5e9, after])
    await robot.press('u')
    await command(robot, 'note something else')
    await robot.press('R')
    assert.match(said(robot), /Nothing was taken back/)
    await robot.close()
  })
})

describe('the line behind :', () => {
  test('every verb, with its braces or without; a note without its quotes', async () => {
    const robot = start('voluntary')
    await go(robot, '3')
    assert.match(await command(robot, 'ping { from: alice, to: files }'), /alice pings 10\.20\.0\.5/)
    assert.match(await command(robot, 'ping from: alice, to: files, count: 2'), /2 echo requests/)
    assert.match(await command(robot, 'disconnect: alice'), /alice clears its call/)
    assert.match(await command(robot, 'note Look: {this} "is" new'), /Look: \{this\} "is" new/)
    assert.equal(actions(robot).length, 4)
    await robot.close()
  })
  test('for the tables of all labs each entry is taken', () => {
    for (const name of CLOSED) {
      const session = new Session(sourceOf(labOf(name)), new TestWall())
      const model = { scene: session.scene, recorder: session.recorder, ui: FIRST_UI, explain: '' }
      for (const entry of entriesFor(labOf(name))) {
        const text = entry.replace(': ', ' ')
        const { effect } = COMMANDS.at.run(model, `20ms ${text}`)
        assert.ok(effect && typeof effect === 'object' && 'act' in effect, text)
        assert.deepEqual(effect.act, [{ entry, at: 20e6 }])
      }
    }
  })
  test('something later: at', async () => {
    const robot = start('voluntary')
    await go(robot, '3')
    assert.match(await command(robot, 'at 5s disconnect alice'), /at 5s alice clears its call/)
    assert.equal(await command(robot, 'at 2s disconnect alice'), '2s is over: it is 3.000 s. t goes back.')
    await robot.press('Esc')
    await go(robot, '6')
    assert.equal(robot.scene.tunnels[0].up, false)
    await robot.close()
  })
  test('go, speed, view, theme, seed, help', async () => {
    const robot = start('voluntary')
    await command(robot, 'go 2500ms')
    assert.equal(robot.scene.t, 2.5e9)
    await command(robot, 'speed 0.1')
    assert.equal(robot.ui.speed, 0.1)
    await command(robot, 'speed max')
    assert.equal(robot.ui.speed, Number.POSITIVE_INFINITY)
    await command(robot, 'view nat')
    assert.equal(robot.ui.view, 'nat')
    await command(robot, 'view 2')
    assert.equal(robot.ui.view, 'tunnels')
    await command(robot, 'theme light')
    assert.equal(robot.ui.theme, 'light')
    assert.match(await command(robot, 'seed 77'), /seed 77/)
    assert.deepEqual([robot.scene.lab.seed, robot.scene.t], [77, 2.5e9])
    assert.equal(robot.session.explain, 'pptp-lab explain voluntary --seed 77')
    await command(robot, 'help')
    assert.equal(robot.ui.help, true)
    await robot.close()
  })
  test('what is wrong is told with what is possible, and the line stays to be mended', async () => {
    const robot = start('voluntary')
    for (const [text, message] of [
      ['pign x', '"pign" is neither a command nor a verb. Did you mean ping?'],
      ['xyzzyfoo', '"xyzzyfoo" is neither a command nor a verb. Tab shows what there is.'],
      ['ping', 'ping wants something behind it: ping { from: … }'],
      ['connect alicia', 'There is no node alicia. Did you mean "alice"?'],
      ['theme pink', 'There is no theme "pink": dark, light, mono.'],
      ['speed fast', 'speed wants a number from 0.01 to 100, or max, or auto, not "fast".'],
      ['save x', 'The name of a lab file ends in .yaml: save x.yaml'],
      ['seed x', 'seed wants a whole number, such as seed 7.'],
      ['go', 'go wants something behind it: go 5s.'],
    ]) {
      assert.equal(await command(robot, text), message)
      assert.equal(robot.ui.prompt?.text, text)
      await robot.press('Esc')
    }
    assert.deepEqual(actions(robot), [])
    await robot.close()
  })
  test('Up and Down bring lines of before', async () => {
    const robot = start('voluntary')
    await command(robot, 'speed 2')
    await command(robot, 'theme mono')
    await robot.press(':', 'Up')
    assert.equal(robot.ui.prompt?.text, 'theme mono')
    await robot.press('Up', 'Up')
    assert.equal(robot.ui.prompt?.text, 'speed 2')
    await robot.press('Down', 'Down')
    assert.equal(robot.ui.prompt?.text, '')
    await robot.close()
  })
  test('Tab: commands, verbs, keys, names and words', () => {
    const session = new Session(sourceOf(labOf('nat-no-helper')), new TestWall())
    const model = { scene: session.scene, recorder: session.recorder, ui: FIRST_UI, explain: '' }
    const tab = (text: string) => completed(model, text, COMMANDS)
    const after = (text: string) => tab(text).text
    assert.equal(after('pi'), 'ping { ')
    assert.equal(after('disc'), 'disconnect ')
    assert.equal(after('connect a'), 'connect alice')
    assert.deepEqual(tab('connect ').words, ['alice'])
    assert.deepEqual(tab('s').words, ['save', 'save!', 'seed', 'shutdown', 'speed'])
    assert.equal(after('ping { f'), 'ping { from: ')
    assert.ok(!tab('ping { from: alice, ').words.includes('from'))
    assert.deepEqual(tab('ping { from: al').words, ['alice'])
    assert.equal(after('ping { from: alice, to: off'), 'ping { from: alice, to: office')
    assert.equal(after('nat { node: '), 'nat { node: home')
    assert.equal(after('nat { node: home, like: linux-'), 'nat { node: home, like: linux-pptp')
    assert.equal(after('password { node: office, user: '), 'password { node: office, user: alice')
    assert.equal(after('link { between: [al'), 'link { between: [alice')
    assert.equal(after('theme l'), 'theme light')
    assert.equal(after('at 5s conn'), 'at 5s connect ')
    assert.deepEqual(tab('note so').words, [])
    assert.equal(after('conect'), 'connect')
    for (const { verb, keys } of VERB_WORDS) {
      assert.ok(tab(verb.slice(0, 2)).words.includes(verb), verb)
      if (keys.length > 0)
        assert.deepEqual(
          tab(`${verb} { `).words,
          keys.map(({ key }) => key),
        )
    }
  })
})

describe('keys that meet a list or a box', () => {
  test('a key that is in no row is answered, and the list stays', async () => {
    const robot = start('nat-no-helper')
    await robot.press('l', 'a', 'n')
    assert.equal(said(robot), 'n chooses nothing in this list. Esc closes it.')
    assert.equal(robot.ui.menu?.kind, 'act')
    await robot.press('q')
    assert.deepEqual([robot.ui.menu, said(robot)], [undefined, ''])
    await robot.close()
  })
  test('q closes the answer to w, and leaves the program only from a view', async () => {
    const robot = start('nat-no-helper')
    await go(robot, '5')
    await robot.press('6', 'w')
    assert.equal(robot.ui.why, true)
    await robot.press('q')
    assert.deepEqual([robot.ui.why, robot.ui.view], [false, 'events'])
    await robot.press('q')
    assert.equal(await robot.terminal.status, 0)
  })
  test('Down leaves the line of a filter for what it has left', async () => {
    const robot = start('nat-no-helper')
    await go(robot, '5')
    await robot.press('6', '/', 'd', 'r', 'o', 'p', 'Down')
    assert.deepEqual([robot.ui.typing, robot.ui.filter], [false, 'drop'])
    await robot.press('?', '/', 's', 'a', 'v', 'e', 'Down')
    assert.deepEqual([robot.ui.typing, robot.ui.help, robot.ui.helpSearch], [false, true, 'save'])
    await robot.close()
  })
})

describe('saving and leaving', () => {
  test(':save writes the lab with what was done, and never over a file but with !', async () => {
    const robot = start('voluntary')
    await go(robot, '3')
    await robot.press('a', 'd')
    assert.match(
      await command(robot, 'save mine.yaml'),
      /^mine\.yaml is written; 3 questions and 3 checks no longer hold, and are not in it: pptp-lab tui mine\.yaml opens it\./,
    )
    const text = robot.disk.files.get('mine.yaml') ?? ''
    assert.match(text, /^ {2}- \{ at: 3\.000000001s, disconnect: alice \}$/m)
    assert.equal(robot.session.explain, 'pptp-lab explain mine.yaml')
    await command(robot, 'note more')
    assert.match(await command(robot, 'save mine.yaml'), /exists already/)
    assert.deepEqual(robot.ui.prompt, { kind: 'command', text: 'save mine.yaml' }, 'the line stays, to be mended')
    await robot.press('Esc')
    assert.equal(robot.disk.files.get('mine.yaml'), text)
    await command(robot, 'save! mine.yaml')
    assert.notEqual(robot.disk.files.get('mine.yaml'), text)
    await robot.press('q')
    assert.equal(await robot.terminal.status, 0)
  })
  test('where Tab knows no word it says how the verb is written', async () => {
    const robot = new Robot({ lab: labOf('nat-no-helper'), parts: PARTS, ui: { quiz: false } })
    await robot.press(':')
    await type(robot, 'at 5s rule home ')
    await robot.press('Tab')
    assert.match(robot.said, /It is written rule \{ node: …, add: …, at: …, remove: … \}, with what is needed of it\./)
    await robot.close()
  })
  test('saving is found: in the line behind :, by Tab, in the list of x, and in the help', async () => {
    const source = sourceOf(labOf('voluntary'))
    const robot = new Robot({ parts: PARTS, open: { ...source, text: { ...source.text, file: 'voluntary' } } })
    await robot.press(':')
    assert.match(robot.text, /Such as save my-voluntary\.yaml, /)
    await robot.press('Tab')
    assert.match(robot.text, / save /)
    assert.match(robot.text, / view /, 'the last of the words')
    await type(robot, 'save ')
    await robot.press('Tab')
    assert.equal(robot.ui.prompt?.text, 'save my-voluntary.yaml')
    await robot.press('C-u')
    await type(robot, 'save other')
    await robot.press('Tab', 'Enter')
    assert.equal(robot.disk.files.size, 1)
    await robot.press(':')
    await type(robot, 'save! o')
    await robot.press('Tab')
    assert.equal(robot.ui.prompt?.text, 'save! other.yaml', 'the file that it is kept in')
    await robot.press('Esc', 'x', 'w')
    assert.equal(robot.ui.prompt?.text, 'save my-voluntary.yaml')
    await robot.press('Esc', '?', '/')
    await type(robot, ':save')
    await robot.press('Enter')
    assert.match(robot.text, /►:save /)
    await robot.press('Enter')
    assert.equal(robot.ui.prompt?.text, 'save ')
    await robot.close()
  })
  test('a run without a lab file offers no saving', async () => {
    const { text: _, ...source } = sourceOf(labOf('voluntary'))
    const robot = new Robot({ parts: PARTS, open: source })
    await robot.press('x')
    assert.doesNotMatch(robot.text, /as a lab file/)
    await robot.press('Esc', ':')
    assert.doesNotMatch(robot.text, /Such as save/)
    await robot.close()
  })
  test('a lab that is saved bears the name of its file, and has the same run', async () => {
    const robot = start('voluntary')
    await command(robot, 'save my-voluntary.yaml')
    const text = robot.disk.files.get('my-voluntary.yaml') ?? ''
    const loaded = loadWith({ text, file: 'my-voluntary.yaml' }, [])
    assert.ok(loaded.ok)
    assert.equal(loaded.lab.name, 'my-voluntary')
    assert.deepEqual({ ...loaded.lab, name: 'voluntary' }, labOf('voluntary'))
    await robot.close()
  })
  test('names of files and of the labs in them', () => {
    assert.deepEqual(['old router.yaml', 'a/b/_x.y_.yml', '2nd.yaml', `${'x'.repeat(40)}.yaml`].map(labNameOf), [
      'old-router',
      'x-y',
      undefined,
      'x'.repeat(31),
    ])
    assert.deepEqual(['voluntary', 'my-voluntary', 'my-voluntary-9'].map(ownFile), [
      'my-voluntary.yaml',
      'my-voluntary-2.yaml',
      'my-voluntary-10.yaml',
    ])
  })
  test('q asks once for what is not saved; another key stays', async () => {
    const robot = start('voluntary')
    await robot.press('a', 'c', 'q')
    assert.equal(said(robot), 'What was done is not saved: q again leaves, :save FILE.yaml keeps it.')
    await robot.press('j', 'q')
    assert.match(said(robot), /^What was done is not saved/)
    await robot.press('q')
    assert.equal(await robot.terminal.status, 0)
  })
  test('what a run file has done already is listed, can be taken back, and is saved too', async () => {
    const source = sourceOf(labOf('voluntary'))
    const entries = ['{ at: 2s, disconnect: alice }']
    const loaded = loadWith(source.text, entries)
    assert.ok(loaded.ok)
    const session = new Session({ ...source, lab: loaded.lab, entries }, new TestWall())
    session.seek(5e9)
    assert.ok(session.proceed(1))
    assert.deepEqual([session.look().tunnels[0].up, session.deeds?.unsaved], [false, false])
    assert.match(session.deeds?.text().text ?? '', /disconnect: alice \}$/m)
    session.undo()
    assert.ok(session.proceed(1))
    assert.deepEqual([session.look().tunnels[0].up, session.deeds?.unsaved], [true, true])
  })
  test('what was taken back again is nothing that could be lost', async () => {
    const robot = start('voluntary')
    await robot.press('a', 'c', 'u', 'q')
    assert.equal(await robot.terminal.status, 0)
  })
  test(':reload takes the file as it is now, with what was done; a mistake in it leaves all as it was', async () => {
    const robot = start('voluntary')
    await go(robot, '3')
    await command(robot, 'note kept')
    assert.match(await command(robot, 'reload'), /cannot be read/)
    const { text } = sourceOf(labOf('voluntary'))
    robot.disk.files.set('voluntary.yaml', text?.text.replace('15ms', '25ms') ?? '')
    assert.match(await command(robot, 'reload'), /^voluntary\.yaml is read again/)
    assert.deepEqual([robot.scene.links[0].quality[0].delay, robot.scene.t], [25e6, 3e9 + 1])
    assert.equal(actions(robot).length, 1)
    robot.disk.files.set('voluntary.yaml', 'name: voluntary\nnodes: 3\n')
    assert.match(await command(robot, 'reload'), /^voluntary\.yaml:\d+:\d+: /)
    assert.equal(robot.scene.links[0].quality[0].delay, 25e6)
    await robot.close()
  })
})

describe('40x12', () => {
  test('a list, a line and what was said have their places', async () => {
    const robot = start('voluntary', { size: { columns: 40, rows: 12 } })
    await robot.press('a')
    assert.match(robot.rows[2], /┌ do with alice \(client\) ─+┐/)
    await robot.press('Esc', ':')
    await type(robot, 'theme pink')
    await robot.press('Enter')
    assert.match(robot.rows[11], /^ : theme pink_/)
    assert.match(`${robot.rows[9]}${robot.rows[10]}`, /There is no theme "pink": dark, light, +mono\./)
    await robot.close()
  })
})
