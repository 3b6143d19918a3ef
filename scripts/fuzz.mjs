// npm run fuzz -- --time 60: looks for inputs that break a promise, with libFuzzer and clang's sanitizers.
//
//   --time SECONDS    in all, shared by the targets (60)
//   --target NAME     only this one; may be repeated
//   --merge           no fuzzing: puts what earlier runs found, minimised, into native/fuzz/corpus
//
// docs/fuzzing.md says what the targets are and what they promise. What runs found stays in build/fuzz.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './setup/run.mjs'

const work = join(root, 'build/fuzz')
const kept = join(root, 'native/fuzz/corpus')
const seeds = join(work, 'seeds')
const programs = join(root, 'build/native-fuzzer/fuzz')
// The readers of configurations, values and paths: TypeScript, without libFuzzer.
/** Those that are TypeScript. */
const TESTS = ['schema', 'restconf', 'websocket', 'control-socket', 'shared-memory']
const targets = readdirSync(join(root, 'native/fuzz'))
  .filter((name) => name.endsWith('_fuzz.cc'))
  .map((name) => name.replace('_fuzz.cc', ''))

const { values: options } = parseArgs({
  options: {
    time: { type: 'string', default: '60' },
    target: { type: 'string', multiple: true, default: [...targets, ...TESTS] },
    merge: { type: 'boolean', default: false },
  },
})
const unknown = options.target.find((name) => ![...targets, ...TESTS].includes(name))
if (unknown !== undefined) quit(`no target ${unknown}; there are ${[...targets, ...TESTS].join(', ')}`)
if (!(Number(options.time) > 0)) quit(`--time ${options.time}: seconds, please`)

const native = options.target.filter((name) => !TESTS.includes(name))
if (native.length > 0) {
  build(native)
  spawnSync(process.execPath, ['scripts/fuzz/seeds.mjs', seeds], { cwd: root, stdio: 'inherit' })
}
const broken = options.merge
  ? native.filter((name) => !merge(name))
  : options.target.filter((name) => !fuzz(name))
process.exitCode = broken.length > 0 ? 1 : 0

function quit(message) {
  process.stderr.write(`fuzz: ${message}\n`)
  process.exit(2)
}

function compiler() {
  const names = [process.env.CXX ?? 'clang++', ...[20, 19, 18, 17, 16, 15, 14].map((v) => `clang++-${v}`)]
  const source = 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }'
  const args = ['-fsanitize=fuzzer,address,undefined', '-x', 'c++', '-', '-o', '/dev/null']
  return names.find((name) => spawnSync(name, args, { input: source }).status === 0)
}

function build(names) {
  const cxx = compiler()
  if (cxx === undefined)
    quit('clang with libFuzzer is needed; on Debian 12: apt-get install clang libclang-rt-14-dev')
  const ran = spawnSync(
    'make',
    [
      ...['-s', '-j2', '-C', 'native', 'LIBFUZZER=1', 'SANITIZE=address,undefined', `CXX=${cxx}`],
      ...[
        'OPTIMIZE=-O2',
        'OUT=../build/native-fuzzer',
        ...names.map((name) => `../build/native-fuzzer/fuzz/${name}`),
      ],
    ],
    { cwd: root, stdio: 'inherit' },
  )
  if (ran.status !== 0) quit('the targets do not build')
}

/** Runs one target for its share of the time; false when it found something. */
function fuzz(name) {
  const seconds = Math.max(1, Math.round(Number(options.time) / options.target.length))
  process.stdout.write(`${name}: ${seconds} s …`)
  if (TESTS.includes(name)) return fuzzTest(name, seconds)
  const [corpus, findings] = [join(work, 'corpus', name), join(work, 'findings')]
  const folders = [corpus, join(kept, name), join(seeds, name)]
  for (const folder of [...folders, findings]) mkdirSync(folder, { recursive: true })
  const ran = spawnSync(
    join(programs, name),
    [
      ...[`-max_total_time=${seconds}`, '-max_len=16384', '-timeout=20', '-print_final_stats=1'],
      ...[`-artifact_prefix=${findings}/${name}-`, ...folders],
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 },
  )
  const figure = (pattern) => ran.stderr.match(pattern)?.at(-1) ?? '?'
  const executions = figure(/number_of_executed_units: (\d+)/)
  const coverage = figure(/(?:[\s\S]*) cov: (\d+)/)
  process.stdout.write(` ${executions} inputs, ${coverage} edges covered\n`)
  if (ran.status === 0) return true
  const input = ran.stderr.match(/Test unit written to (\S+)/)?.[1]
  const reason = ran.stderr.match(/^.*(broken: |ERROR: |runtime error: ).*$/m)?.[0] ?? `status ${ran.status}`
  process.stdout.write(`  found: ${reason}\n`)
  if (input !== undefined) process.stdout.write(`  again: ${join(programs, name)} ${input}\n`)
  return false
}

/** A target that is one of the tests. */
function fuzzTest(name, seconds) {
  const test = `dist/test/fuzz/${name}.test.js`
  if (!existsSync(join(root, test))) quit(`${test} is missing; npm run build:ts makes it`)
  const ran = spawnSync(process.execPath, [test], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LWAFTR_FUZZ_SECONDS: `${seconds}` },
  })
  process.stdout.write(` ${ran.stdout.match(/(\d+ rounds, seed \S+)/)?.[1] ?? 'failed'}\n`)
  if (ran.status !== 0) process.stdout.write(ran.stdout + ran.stderr)
  return ran.status === 0
}

/** The fewest inputs that reach what all known ones reach. */
function merge(name) {
  const [old, found, fresh] = [join(kept, name), join(work, 'corpus', name), join(work, 'merged', name)]
  const seed = join(seeds, name)
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  const from = [old, found, seed].filter((folder) => existsSync(folder))
  const ran = spawnSync(
    join(programs, name),
    ['-set_cover_merge=1', '-use_counters=0', '-max_len=4096', '-timeout=20', fresh, ...from],
    { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 },
  )
  if (ran.status !== 0) process.stdout.write(ran.stderr)
  else {
    rmSync(old, { recursive: true, force: true })
    mkdirSync(old, { recursive: true })
    spawnSync('cp', ['-r', `${fresh}/.`, old])
    process.stdout.write(`${name}: ${readdirSync(old).length} inputs kept\n`)
  }
  return ran.status === 0
}
