// The disk that disk.c makes of the real one: how it is to behave from now on.
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { compiled } from './preload.js'

/** Kinds of operations, to be added up: writes that a sync makes durable, writes that are so by themselves, and syncs. */
export const WRITE = 1
export const DURABLE_WRITE = 2
export const SYNC = 4
export const EVERYTHING = WRITE + DURABLE_WRITE + SYNC

/** Offsets in disk.c's struct control. */
const FIELDS = { delay: 0, error: 4, failing: 8, dieAt: 12, operations: 16 }
const SIZE = 20

export class Disk {
  readonly #file: number
  readonly environment: { readonly LD_PRELOAD: string; readonly FAULTS_DISK: string }

  /** Its files are in the directory. */
  constructor(directory: string) {
    const control = join(directory, 'disk')
    this.#file = openSync(control, 'w+')
    ftruncateSync(this.#file, SIZE)
    this.environment = { LD_PRELOAD: compiled('disk', directory), FAULTS_DISK: control }
  }

  /** Each operation takes so many milliseconds. */
  slow(delay: number): void {
    this.#set('delay', delay)
  }

  /** Operations of these kinds fail; 0: none. */
  fail(kinds: number): void {
    this.#set('error', constants.errno.EIO)
    this.#set('failing', kinds)
  }

  /** The leader dies in its operation of this number from now on. */
  dieAt(operation: number): void {
    this.#set('operations', 0)
    this.#set('dieAt', operation)
  }

  /** Of the leader since dieAt(). */
  get operations(): number {
    const bytes = Buffer.alloc(4)
    readSync(this.#file, bytes, 0, 4, FIELDS.operations)
    return bytes.readUInt32LE()
  }

  close(): void {
    closeSync(this.#file)
  }

  #set(field: keyof typeof FIELDS, value: number): void {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    writeSync(this.#file, bytes, 0, 4, FIELDS[field])
  }
}
