// The clock that clock.c makes of the machine's: set by the test, for the relay's processes alone.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { compiled } from './preload.js'

export class Clock {
  readonly #file: number
  readonly environment: { readonly LD_PRELOAD: string; readonly FAULTS_CLOCK: string }

  /** Its files are in the directory. */
  constructor(directory: string) {
    const file = join(directory, 'clock')
    this.#file = openSync(file, 'w+')
    this.environment = { LD_PRELOAD: compiled('clock', directory), FAULTS_CLOCK: file }
    this.set(0)
  }

  /** Seconds by which it is ahead of the machine's. */
  set(seconds: number): void {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(Math.round(seconds * 1e9)))
    writeSync(this.#file, bytes, 0, 8, 0)
  }

  close(): void {
    closeSync(this.#file)
  }
}
