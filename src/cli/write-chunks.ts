// Long output, piece by piece: a file or stdout, at the pace of who reads it.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { error } from '../errors.js'

/** Without a file to stdout, where a reader that has seen enough (head) is no failure. */
export async function writeChunks(chunks: Iterable<string | Uint8Array>, file?: string): Promise<void> {
  const source = Readable.from(chunks, { objectMode: true, highWaterMark: 4 })
  const target = file === undefined ? process.stdout : createWriteStream(file)
  try {
    await pipeline(source, target, { end: file !== undefined })
  } catch (problem) {
    if (file === undefined && (problem as NodeJS.ErrnoException).code === 'EPIPE') return
    throw error('file', { file: file ?? 'stdout', problem: (problem as Error).message })
  }
}
