// The clock of this process, set by the test: what asks Date learns another time. Durations go on as they are.
import type { Test } from 'tap'

export interface SetClock {
  /** Milliseconds, forward or back. */
  jump(by: number): void
}

/** Until the test is over. */
export function settableClock(t: Test): SetClock {
  const Real = globalThis.Date
  let offset = 0
  class Shifted extends Real {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(Real.now() + offset)
      else super(...(given as [number]))
    }
    static override now(): number {
      return Real.now() + offset
    }
  }
  globalThis.Date = Shifted as DateConstructor
  t.teardown(() => {
    globalThis.Date = Real
  })
  return {
    jump(by) {
      offset += by
    },
  }
}
