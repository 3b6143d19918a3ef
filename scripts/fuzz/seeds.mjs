// First inputs for the fuzz targets, made of the golden cases' captures: writes <folder>/<target>/<case>.
//
//   node scripts/fuzz/seeds.mjs <folder>
//
// The corpus in native/fuzz/corpus is these and what fuzzing found since, minimised (see docs/fuzzing.md).
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/run.mjs'

const golden = join(root, 'test/golden')
const cases = readdirSync(golden).filter((name) => name !== 'build')
const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node scripts/fuzz/seeds.mjs <folder>')

function write(target, name, parts) {
  mkdirSync(join(folder, target), { recursive: true })
  writeFileSync(join(folder, target, name), Buffer.concat(parts))
}

/** Records of a classic little-endian pcap; times in seconds. */
function records(file) {
  const pcap = readFileSync(file)
  const found = []
  for (let at = 24; at < pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8)
    const time = pcap.readUInt32LE(at) + pcap.readUInt32LE(at + 4) / 1e6
    found.push({ time, frame: pcap.subarray(at + 16, at + 16 + length) })
    at += 16 + length
  }
  return found
}

const word = (value) => Buffer.from([value >> 8, value & 255])
// As in native/fuzz/pipeline_fuzz.cc: ten bytes of settings, one of the pool, operations.
const SETTINGS = Buffer.alloc(11)
const RAW = 0
const STEP = 1
const DOORS = { v4: 1, v6: 2 }
const AS_IT_IS = 3
const PAUSES = [0, 0.1, 1, 3, 31, 61]

for (const name of cases) {
  const frames = ['v4', 'v6']
    .flatMap((side) =>
      records(join(golden, name, `in-${side}.pcap`)).map((record) => ({ ...record, door: DOORS[side] })),
    )
    .sort((a, b) => a.time - b.time)
  const operations = []
  let clock = frames[0]?.time ?? 0
  for (const { time, door, frame } of frames.slice(0, 40)) {
    const pause = PAUSES.findLastIndex((seconds) => seconds <= time - clock)
    if (pause > 0) operations.push(Buffer.from([STEP, 0, STEP, pause]))
    clock = time
    operations.push(Buffer.from([RAW | (door << 3) | (AS_IT_IS << 5)]), word(frame.length), frame)
  }
  write('pipeline', name, [SETTINGS, ...operations])
  frames.slice(0, 4).forEach(({ frame }, nth) => {
    write('parse', `${name}-${nth}`, [frame])
    // Direction and pause, then the packet.
    if (frame.length >= 34 && frame.readUInt16BE(12) === 0x0800)
      write('napt44', `${name}-${nth}`, [Buffer.from([nth & 1]), word(frame.length - 14), frame.subarray(14)])
    // A header of an offloaded TCP or UDP segment whose payload begins at byte 34.
    write('offload', `${name}-${nth}`, [Buffer.from([1, nth & 1 ? 5 : 1, 0, 8, 34, nth & 1 ? 6 : 16]), frame])
  })
  const pcap = readFileSync(join(golden, name, 'in-v4.pcap'))
  if (pcap.length < 1000) write('pcap', name, [pcap])
}

// These read choices only: any bytes will do.
let state = 1
const below = (end) => {
  state = Number((BigInt(state) * 1103515245n + 12345n) % 2147483648n)
  return (state >> 8) % end
}
const chance = (length) => Buffer.from({ length }, () => below(256))
// Any settings and a few frames of the grammar.
const operation = () => {
  const kind = 1 + below(7)
  const length = kind === STEP ? 1 : kind < 6 ? 16 + below(30) : 2 + below(3)
  return Buffer.concat([Buffer.of(kind | (below(5) ? 0 : below(4) << 3)), chance(length)])
}
for (let nth = 0; nth < 400; nth++) {
  const settings = chance(11).map((byte) => (below(3) ? 0 : byte))
  write('pipeline', `chance-${nth}`, [settings, ...Array.from({ length: 3 + below(12) }, operation)])
}
for (let nth = 0; nth < 64; nth++) {
  write('tunnel', `${nth}`, [chance(8 + nth)])
  write('binding_table', `${nth}`, [chance(8 * nth)])
}
