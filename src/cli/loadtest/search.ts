/** The highest rate without loss (RFC 2544 section 26.1): halves the range between the last rate that passed and the first that did not. */

export interface Trial {
  /** Mpps asked for, and really sent. */
  readonly rate: number
  readonly offered: number
  /** Per cent. */
  readonly loss: number
}

export interface SearchOptions {
  /** Mpps to begin with, the highest that is of interest. */
  readonly most: number
  /** Per cent that does not count as loss. */
  readonly tolerance: number
  /** Ends where passing and failing rates differ by no more than this part. */
  readonly resolution: number
}

export interface Found<T extends Trial> {
  /** The best trial that passed; null when even the slowest did not. */
  readonly best: T | null
  readonly trials: readonly T[]
}

/** Below this part of the rate asked for, it was the generator that could not. */
const REACHED = 0.98
/** Of the highest rate: a relay that loses packets below it is not searched further. */
const LEAST = 1 / 1024

export async function search<T extends Trial>(
  options: SearchOptions,
  run: (rate: number) => Promise<T>,
): Promise<Found<T>> {
  const trials: T[] = []
  let best: T | null = null
  let [passed, failed] = [0, options.most]
  for (let rate = options.most; rate >= options.most * LEAST; rate = (passed + failed) / 2) {
    const trial = await run(rate)
    trials.push(trial)
    if (trial.loss > options.tolerance) {
      failed = Math.min(rate, trial.offered)
    } else {
      passed = rate
      if (best === null || trial.offered > best.offered) best = trial
      // Where nothing has failed it is as high as is asked for, or as the generator can send.
      const nothingFailed = trials.every(({ loss }) => loss <= options.tolerance)
      if (nothingFailed && (rate === options.most || trial.offered < rate * REACHED)) break
    }
    if (failed - passed <= failed * options.resolution) break
  }
  return { best, trials }
}
