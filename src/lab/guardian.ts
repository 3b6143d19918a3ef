// Outlives the lab by a moment: whatever way the lab ends, kill -9 included, its end of the pipe
// closes, and what it made is removed. Started detached, by node, with the run's id.
import { sweep } from './sweep.js'

const id = Number(process.argv[2])
// Ctrl-C reaches the whole foreground group; the lab then cleans up by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.stdin.resume()
process.stdin.on('end', () => void sweep(id))
process.stdin.on('error', () => void sweep(id))
