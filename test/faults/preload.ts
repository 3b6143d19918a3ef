// Small libraries between a relay and the C library, compiled as they are needed.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../src/root.js'

/** Compiles test/faults/NAME.c; answers where the library is. */
export function compiled(name: string, directory: string): string {
  const library = join(directory, `${name}.so`)
  const source = join(root, 'test/faults', `${name}.c`)
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, source, '-ldl'])
  return library
}
