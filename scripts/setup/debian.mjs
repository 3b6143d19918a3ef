// The Debian packages that building, the lab and the tests need. Only what is missing is
// installed, and only where that is allowed: as root, or by a sudo that asks no password.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run, SetupError } from './run.mjs'

/** Without these nothing can be built. */
const BUILD = ['libyang2-dev', 'libpcap-dev', 'g++', 'make', 'python3', 'linux-libc-dev']
/** Without these there is no lab of network namespaces; it falls back to in-memory devices. */
const LAB = ['iproute2', 'iputils-ping', 'procps']
/** Only the tests. Routing daemons are run by the tests themselves, in namespaces of their own. */
const TESTS = [
  'doctest-dev',
  'tcpdump',
  'traceroute',
  'curl',
  'openssl',
  'python3-scapy',
  'libyang-tools',
  'iperf3',
  'ethtool',
  'bird2',
  'frr',
  'exabgp',
  'prometheus',
  'sslscan',
  'adduser',
  'dpkg-dev',
  'systemd',
  'zsh',
]
/** All of them. */
export const DEBIAN_PACKAGES = [...BUILD, ...LAB, ...TESTS]

/** Services of these that a package would start, and again with the machine: nobody here asked for them. */
const SERVICES = { bird2: 'bird', frr: 'frr', exabgp: 'exabgp', prometheus: 'prometheus' }
/** What packages ask whether they may start their services; 101 is no. */
const POLICY = '/usr/sbin/policy-rc.d'

function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

function isInstalled(name) {
  const asked = spawnSync('dpkg', ['-s', name], { encoding: 'utf8' })
  return asked.status === 0 && asked.stdout.includes('Status: install ok installed')
}

/** The words in front of a command that needs root, or null where it may not be run. */
function asRoot() {
  if (process.getuid() === 0) return []
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : null
}

async function apt(prefix, args) {
  const [program, ...rest] = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-y',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...args,
  ]
  await run(program, rest)
}

/** Installs what is missing; throws only when something is missing that nothing works without. */
export async function ensurePackages(purpose) {
  const wanted = purpose === 'test' ? [...BUILD, ...LAB, ...TESTS] : [...BUILD, ...LAB]
  if (!has('dpkg')) {
    process.stderr.write(
      `set-up: not a Debian system; what these Debian packages hold must be installed: ${wanted.join(' ')}\n`,
    )
    return
  }
  const missing = wanted.filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  const command = `apt-get install ${missing.join(' ')}`
  const prefix = asRoot()
  const failure =
    prefix === null ? 'neither root nor a sudo without password' : await install(prefix, missing)
  if (failure === null) return
  if (missing.some((name) => BUILD.includes(name)))
    throw new SetupError(`${failure}\nDebian packages are missing; install them with: ${command}`)
  process.stderr.write(`set-up: ${failure}; the lab and its tests need: ${command}\n`)
}

/** A machine whose operator has a policy keeps that one. */
async function withoutServices(prefix, missing, install) {
  const services = missing.flatMap((name) => SERVICES[name] ?? [])
  const root = (script) => run(...shell(prefix, script))
  const ours = services.length > 0 && !existsSync(POLICY)
  if (ours) await root(`printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`)
  try {
    await install()
  } finally {
    if (ours) await root(`rm -f ${POLICY}`)
  }
  if (services.length > 0 && existsSync('/run/systemd/system'))
    await root(`systemctl disable --quiet ${services.join(' ')} || true`)
}

function shell(prefix, script) {
  const [program, ...words] = [...prefix, 'sh', '-c', script]
  return [program, words]
}

/** Null when all went well, else what went wrong. */
async function install(prefix, missing) {
  process.stderr.write(`set-up: Debian packages ${missing.join(' ')} …\n`)
  try {
    // An index that is out of date or partly unreachable may still hold all that is needed.
    await apt(prefix, ['update']).catch(() => {})
    await withoutServices(prefix, missing, () =>
      apt(prefix, ['install', '--no-install-recommends', ...missing]),
    )
  } catch (error) {
    return error.message
  }
  process.stderr.write('set-up: Debian packages done\n')
  return null
}
