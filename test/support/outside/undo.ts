/** What a case has made and how it goes again: newest first, and without waiting, so that ^C finds the same way out. */
export class Undo {
  readonly #steps: (() => void)[] = []

  add(step: () => void): void {
    this.#steps.push(step)
  }

  /** Every step is taken, whatever the others say; the complaints come back. */
  all(): string[] {
    const complaints: string[] = []
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        step()
      } catch (error) {
        complaints.push((error as Error).message)
      }
    }
    return complaints
  }
}
