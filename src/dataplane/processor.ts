// Which of the data plane's copies (binding.gyp) this processor can run.
import { closeSync, openSync, readSync } from 'node:fs'

/** What x86-64-v3 promises beyond the baseline (psABI 1.0, table 3.1), as Linux names it. */
const V3 = 'cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 abm avx avx2 bmi1 bmi2 f16c fma movbe xsave pni'.split(
  ' ',
)

/** The copies to try, best first, for what /proc/cpuinfo says of the first processor. */
export function copiesFor(cpuinfo: string): readonly string[] {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/))
  return V3.every((flag) => flags.has(flag)) ? ['dataplane-v3', 'dataplane'] : ['dataplane']
}

/** As much of /proc/cpuinfo as the first processor takes; empty where there is none. */
export function readCpuinfo(): string {
  try {
    const file = openSync('/proc/cpuinfo', 'r')
    const bytes = Buffer.alloc(8192)
    const length = readSync(file, bytes)
    closeSync(file)
    return bytes.toString('latin1', 0, length)
  } catch {
    return ''
  }
}
