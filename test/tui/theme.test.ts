import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Role } from '../../tui/text.ts'
import { span } from '../../tui/text.ts'
import { depthOf, sgr, themeOf } from '../../tui/theme.ts'

const ROLES: readonly Role[] = ['ok', 'warn', 'bad', 'control', 'ppp', 'sealed', 'plain', 'muted']

describe('themes', () => {
  test('every role has its colour in 256 and in 16', () => {
    const table = (theme: 'dark' | 'light', depth: 16 | 256) => ROLES.map(role => sgr(span('x', role), theme, depth))
    assert.deepEqual(table('dark', 256), [
      ...['0;38;5;117', '0;38;5;220', '0;1;38;5;203', '0;38;5;172'],
      ...['0;38;5;207', '0;38;5;245', '0;1;38;5;255', '0;38;5;244'],
    ])
    assert.deepEqual(table('light', 256), [
      ...['0;38;5;29', '0;38;5;130', '0;1;38;5;88', '0;38;5;21'],
      ...['0;38;5;91', '0;38;5;60', '0;1;38;5;16', '0;38;5;243'],
    ])
    assert.deepEqual(table('dark', 16), ['0;96', '0;93', '0;1;91', '0;33', '0;95', '0;2;37', '0;1;97', '0;37'])
    assert.deepEqual(table('light', 16), ['0;34', '0;1;35', '0;1;31', '0;1;34', '0;35', '0;90', '0;1;30', '0;90'])
  })

  test('without colour are left: bold, dim for what is muted, underline for what failed, reverse for the selection', () => {
    for (const role of ROLES) assert.doesNotMatch(sgr(span('x', role), 'mono', 256), /3\d|4\d|9\d/)
    assert.equal(sgr(span('x', 'muted'), 'mono', 256), '0;2')
    assert.equal(sgr(span('x', 'bad'), 'mono', 16), '0;4')
    assert.equal(sgr(span('x', 'ok', { bold: true, reverse: true }), 'mono', 256), '0;1;7')
  })

  test('the selection has a background of its own in 256 colours, and is reversed in 16', () => {
    assert.equal(sgr(span('x', undefined, { reverse: true }), 'dark', 256), '0;48;5;238')
    assert.equal(sgr(span('x', undefined, { reverse: true }), 'light', 256), '0;48;5;253')
    assert.equal(sgr(span('x', 'ok', { reverse: true }), 'dark', 16), '0;96;7')
  })

  test('the environment says which', () => {
    assert.equal(depthOf({ TERM: 'xterm-256color' }), 256)
    assert.equal(depthOf({ TERM: 'tmux', TMUX: 'x' }), 256)
    assert.equal(depthOf({ TERM: 'linux' }), 16)
    assert.equal(themeOf({}), 'dark')
    assert.equal(themeOf({ COLORFGBG: '0;15' }), 'light')
    assert.equal(themeOf({ COLORFGBG: '15;default;0' }), 'dark')
    assert.equal(themeOf({ NO_COLOR: '1' }), 'mono')
    assert.equal(themeOf({ NO_COLOR: '' }), 'dark')
    assert.equal(themeOf({ TERM: 'dumb' }), 'mono')
    assert.equal(themeOf({ TERM: 'foo' }), 'mono')
  })
})
