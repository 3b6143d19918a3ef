// All trials, in the order in which they are run.
import type { Trial } from './trial.js'
import { edits } from './trials/edits.js'
import { forwarding } from './trials/forwarding.js'
import { io } from './trials/io.js'
import { live } from './trials/live.js'
import { loading } from './trials/loading.js'
import { reading } from './trials/reading.js'

export const TRIALS: readonly Trial[] = [...forwarding, live, ...loading, ...edits, ...reading, io]
