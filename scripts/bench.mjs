// npm run bench [-- NAME...]: set-up, then the benchmarks. bench/README.md says how to read what they print.
import { attempt } from './setup/run.mjs'
import { setup } from './setup.mjs'

await attempt(() => setup('run'))
await import('../dist/bench/main.js')
