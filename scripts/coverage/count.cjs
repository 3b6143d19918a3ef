// Required by every process of a test run (NODE_OPTIONS): what it reaches of dist/src goes into a file of
// LWAFTR_COUNTED when it ends, other than by SIGKILL. Node's own NODE_V8_COVERAGE would count every package too, at
// twice the cost, and open its file at the end: a worker has confined itself by then.
const { randomUUID } = require('node:crypto')
const { openSync, writeFileSync } = require('node:fs')
const { Session } = require('node:inspector')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

const ours = pathToFileURL(join(__dirname, '../../dist/src')).href

function count() {
  let file
  try {
    file = openSync(join(process.env.LWAFTR_COUNTED, `${randomUUID()}.json`), 'wx')
  } catch {
    return // another user's process, or one of a machine without these files
  }
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true })
  const write = () =>
    session.post('Profiler.takePreciseCoverage', (_, { result }) => {
      const scripts = result.filter(({ url }) => url.startsWith(ours))
      writeFileSync(file, JSON.stringify(scripts.map(({ url, functions }) => ({ url, functions }))))
    })
  process.on('exit', write)
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, endedBy)

  /** A signal that nobody else waits for ends the process, as without us. */
  function endedBy(signal) {
    if (process.listenerCount(signal) > 1) return
    write()
    process.off(signal, endedBy)
    process.kill(process.pid, signal)
  }
}

if (process.env.LWAFTR_COUNTED) count()
