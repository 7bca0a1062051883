// A test runner for Stryker (docs/decisions/012): the tests of tcp-userspace are bundled with the mutated package and run in
// this process, one after the other, all of them synchronous. A mutant is then a matter of milliseconds, not of seconds.

import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { runInThisContext } from 'node:vm'

/** Stryker's own words: https://stryker-mutator.io/docs/stryker-js/guides/create-a-plugin/ */
const SUCCESS = 0
const FAILED = 1
const COLLECTOR = `
  export function describe(name, body) { globalThis.__collect.group(name, body) }
  export function test(name, body) { globalThis.__collect.test(name, body) }
`

class ScriptRunner {
  /** [id, body], in the order in which they are run: those that tell most come first. */
  #tests = []
  #bundle = ''

  capabilities() {
    return { reloadEnvironment: true }
  }

  async init() {
    const require = createRequire(`${process.cwd()}/package.json`)
    const { build } = require('esbuild')
    const files = readdirSync('test/tcp-userspace').filter(name => name.endsWith('.test.ts') && !SLOW.includes(name))
    files.sort()
    const { outputFiles } = await build({
      stdin: { contents: files.map(name => `import './${name}'`).join('\n'), resolveDir: 'test/tcp-userspace' },
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
      plugins: [
        {
          name: 'mutation',
          setup({ onLoad, onResolve }) {
            onResolve({ filter: /^tcp-userspace(\/parts)?$/ }, ({ path }) => ({
              path: `${process.cwd()}/src/tcp-userspace/${path.split('/')[1] ?? 'index'}.ts`,
            }))
            onResolve({ filter: /^node:test$/ }, () => ({ path: 'collector', namespace: 'mutation' }))
            onLoad({ filter: /.*/, namespace: 'mutation' }, () => ({ contents: COLLECTOR }))
          },
        },
      ],
    })
    this.#bundle = `(function (require) { const module = { exports: {} }, exports = module.exports;\n${outputFiles[0].text}\n})`
    this.#require = require
  }
  #require

  /** Evaluates package and tests anew. */
  #load() {
    const tests = []
    const names = []
    globalThis.__collect = {
      group(name, body) {
        names.push(name)
        body()
        names.pop()
      },
      test(name, body) {
        const id = [...names, name].join(' > ')
        if (!SKIPPED.test(id)) tests.push([`${id} #${tests.length}`, body])
      },
    }
    runInThisContext(this.#bundle)(this.#require)
    this.#tests = tests.sort(([a], [b]) => Number(DEAR.test(a)) - Number(DEAR.test(b)))
  }

  async dryRun() {
    const stryker = namespace()
    stryker.activeMutant = undefined
    stryker.currentTestId = undefined
    this.#load()
    const tests = this.#tests.map(([id, body]) => {
      stryker.currentTestId = id
      const before = performance.now()
      const failureMessage = failureOf(body)
      const result = { id, name: id, timeSpentMs: performance.now() - before }
      return failureMessage === undefined
        ? { ...result, status: SUCCESS }
        : { ...result, status: FAILED, failureMessage }
    })
    stryker.currentTestId = undefined
    return { status: 'complete', tests, mutantCoverage: stryker.mutantCoverage }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }) {
    const stryker = namespace()
    watch(stryker)
    stryker.hitCount = hitLimit === undefined ? undefined : 0
    stryker.hitLimit = hitLimit
    stryker.activeMutant = activeMutant.id
    const atLoad = mutantActivation === 'static'
    try {
      if (atLoad || this.#tests.length === 0) this.#load()
    } catch (error) {
      this.#tests = []
      return { status: 'killed', killedBy: ['load'], failureMessage: String(error), nrOfTests: 0 }
    }
    const wanted = testFilter && new Set(testFilter)
    let nrOfTests = 0
    let result
    for (const [id, body] of this.#tests) {
      if (wanted && !wanted.has(id)) continue
      nrOfTests++
      const failureMessage = failureOf(body)
      if (stryker.hitCount > stryker.hitLimit || failureMessage === LOOPS)
        result = { status: 'timeout', reason: 'hit limit' }
      else if (failureMessage !== undefined) result = { status: 'killed', killedBy: [id], failureMessage, nrOfTests }
      if (result) break
    }
    stryker.activeMutant = undefined
    if (atLoad) this.#tests = []
    return result ?? { status: 'survived', nrOfTests }
  }
}

/** Tests that would cost more than they tell. */
const SLOW = ['dynamics.test.ts', 'readme.test.ts', 'stream.test.ts']
/** Those that come last, since they cost most; all others together take as long as any of them. */
const DEAR = /^whatever users|^a line that|faster beyond|six thousand/
/** With MUTATION=quick they do not come at all: for a first run, whose survivors are run again with them. */
const QUICK = process.env.MUTATION === 'quick'
const SKIPPED = QUICK
  ? /^whatever users|^a line that|faster beyond|thousands? (?:of )?connections|the same seed|a controller of one|never beyond the buffer|MUST-16/
  : /seeds (?:51|101|151) to|thousands of connections|the same seed/

/** Seconds of the processor's time that a test may take; without a mutant none takes two, and no quick one a third. */
const PATIENCE = QUICK ? 1 : 4
const LOOPS = 'it loops'
let began = 0
const seconds = () => process.cpuUsage().user / 1e6

/**
 * Stryker's limit of hits is a hundred times those of all tests together, and then its clock ends the process, which also runs
 * while the process does not. So whoever hits the mutant looks at the processor's time now and then.
 */
function watch(stryker) {
  let count
  Object.defineProperty(stryker, 'hitCount', {
    configurable: true,
    get: () => count,
    set(value) {
      count = value
      if ((value & 255) === 255 && seconds() - began > PATIENCE) throw new Error(LOOPS)
    },
  })
}

const namespace = () => (globalThis.__stryker__ ??= {})

function failureOf(body) {
  began = seconds()
  try {
    body()
    return undefined
  } catch (error) {
    return String(error?.message ?? error).slice(0, 300)
  }
}

function factory() {
  return new ScriptRunner()
}
factory.inject = []

export const strykerPlugins = [{ kind: 'TestRunner', name: 'scripts', factory }]
