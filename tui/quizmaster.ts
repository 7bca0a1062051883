/**
 * Asks the questions of the lab when they are due, and says how the guesses were when the run has shown it; and of checks and
 * questions that were about the lab as written it says so.
 */
import { type SimTime, verdictWords } from '../src/index.ts'
import { askNow, dueIn, isOfOld, judgedIn, lostIn, lostWords, withGuess } from './asking.ts'
import type { Looking } from './looking.ts'
import type { Ui } from './model.ts'

const NEVER = Number.POSITIVE_INFINITY

export class Quizmaster {
  /** Checks of which was told that they are of the lab as written. */
  readonly #toldOld = new Set<string>()
  /** How many questions are not asked for what was done, as it was told last. */
  #lost = 0

  /** The run has come somewhere; `goal`: somebody wants to go on to that time. */
  heed(looking: Looking, goal?: SimTime): Ui {
    const { session } = looking
    const ui = this.#tellOld(looking)
    if (!ui.quiz || ui.asking) return ui
    const after = this.#lostSince({ session, ui: this.#judged({ session, ui }) })
    const { run, player, deeds } = session
    const due = dueIn(run.simulation.lab, after, run, deeds?.since)
    if (!due) return after
    player.pause()
    return askNow(after, due, goal)
  }

  #judged({ session: { run, deeds }, ui }: Looking): Ui {
    const { lab } = run.simulation
    const { guesses } = ui
    const judged = guesses.size === 0 ? [] : judgedIn(lab, guesses, run.standing, deeds?.since)
    let after = ui
    const told: string[] = []
    for (const [i, { asked, guess, outcome }] of judged.entries()) {
      // What was done can be taken back.
      if (outcome === 'open' || outcome === 'changed' || guess.told !== undefined) continue
      told.push(`Question ${asked.no}: ${verdictWords(outcome, guess)}.`)
      const selection = { ...after.selection, check: lab.checks.length + i }
      after = { ...withGuess(after, asked, { ...guess, told: outcome }), selection }
    }
    if (told.length === 0) return ui
    // Several may be shown at one moment: none of them goes unsaid.
    const where = ui.view === 'checks' ? [] : ['View 7 says what is right, and why.']
    return { ...after, message: [...told, ...where].join(' ') }
  }

  #lostSince({ session: { run, deeds }, ui }: Looking): Ui {
    const lost = lostIn(run.simulation.lab, ui, deeds?.since ?? NEVER).length
    const isMore = lost > this.#lost
    this.#lost = lost
    return isMore ? { ...ui, message: `${ui.message} ${lostWords(lost)}`.trimStart() } : ui
  }

  /** A check that fails after something was done may tell of the lab as written only: nobody is to take it for a mistake. */
  #tellOld({ session: { run, deeds }, ui }: Looking): Ui {
    const since = deeds?.since ?? NEVER
    const old = run.standing.filter(check => isOfOld(check, since) && !this.#toldOld.has(check.name))
    for (const { name } of old) this.#toldOld.add(name)
    const [first] = old
    if (!first) return ui
    const which = old.length === 1 ? `The check ${first.name} failed, as it` : `${old.length} checks failed, as they`
    return { ...ui, message: `${which} may: you have changed the lab (view 7).` }
  }
}
