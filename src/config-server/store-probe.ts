// A process of its own that reads all of a store, for checkStore(): exit code 0 when that can be done, else what is
// wrong on stdout; death by a signal where the file leads lmdb astray.
import { LwaftrError } from '../errors.js'
import { openStore } from './store.js'

try {
  const store = openStore(process.argv[2] as string)
  store.verify()
  await store.close()
} catch (problem) {
  // Whatever else is wrong is met again, and said, by who asked.
  if (problem instanceof LwaftrError && problem.code === 'damaged') {
    process.stdout.write(problem.cause instanceof Error ? problem.cause.message : problem.message)
    process.exitCode = 1
  }
}
