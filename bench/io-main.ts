// node dist/bench/io-main.js: the table of bench/io.ts alone.
import { benchIo } from './io.js'

await benchIo((line) => process.stdout.write(`${line}\n`))
