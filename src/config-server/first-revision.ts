// Where a count begins that is kept in memory only, when a relay starts again. Readers may come with a number that an
// earlier life told them. A time would be near it wherever the clock was set back meanwhile; chance is not.
import { randomInt } from 'node:crypto'

/** Leaves counts exact for longer than a relay runs. */
export function firstRevision(): number {
  return randomInt(2 ** 47)
}
