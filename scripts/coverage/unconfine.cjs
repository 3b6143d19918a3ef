// Required, in the copy of `npm run coverage` only, by every process: a worker's confinement leaves it the files that
// the C++ counters go into when it ends.
const { join } = require('node:path')

const build = join(__dirname, '../../build')
const { dlopen } = process

process.dlopen = (module, ...rest) => {
  dlopen.call(process, module, ...rest)
  const { exports } = module
  if (typeof exports.confine !== 'function') return
  const { confine } = exports
  exports.confine = (files) => confine({ ...files, writable: [...files.writable, build] })
}
