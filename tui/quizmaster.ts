/** Asks the questions of the lab when they are due, and says how the guesses were when the run has shown it. */
import { type SimTime, verdictWords } from '../src/index.ts'
import { askNow, dueIn, judgedIn } from './asking.ts'
import type { Looking } from './looking.ts'
import type { Ui } from './model.ts'

export class Quizmaster {
  /** Questions whose outcome was told. */
  readonly #told = new Set<number>()

  /** The view has told it already. */
  told(no: number): void {
    this.#told.add(no)
  }

  /** The run has come somewhere; `goal`: somebody wants to go on to that time. */
  heed({ session, ui }: Looking, goal?: SimTime): Ui {
    if (!ui.quiz || ui.asking) return ui
    const after = this.#judged({ session, ui })
    const { run, player, source } = session
    const due = dueIn(source.lab, after, run)
    if (!due) return after
    player.pause()
    return askNow(after, due, goal)
  }

  #judged({ session: { run, source }, ui }: Looking): Ui {
    const { lab } = source
    const { guesses } = ui
    const judged = guesses.size === 0 ? [] : judgedIn(lab, guesses, run.standing)
    let after = ui
    for (const [i, { asked, guess, outcome }] of judged.entries()) {
      if (outcome === 'open' || this.#told.has(asked.no)) continue
      this.#told.add(asked.no)
      const where = ui.view === 'checks' ? '' : ' View 7 says what is right, and why.'
      const message = `Question ${asked.no}: ${verdictWords(outcome, guess)}.${where}`
      after = { ...after, message, selection: { ...after.selection, check: lab.checks.length + i } }
    }
    return after
  }
}
