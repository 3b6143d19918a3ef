import { setTimeout as sleep } from 'node:timers/promises'

/** Has somebody ask, again and again, until `attack` is over; answers the longest that took, in milliseconds. */
export async function meanwhile(
  ask: () => Promise<unknown>,
  attack: () => Promise<unknown>,
): Promise<number> {
  let over = false
  const attacked = attack().finally(() => {
    over = true
  })
  let longest = 0
  do {
    const begun = performance.now()
    await ask()
    longest = Math.max(longest, performance.now() - begun)
    await sleep(5)
  } while (!over)
  await attacked
  return longest
}
