// A process like a test's, with a relay's data plane: says what it has made, and waits to be killed.
import { openDataPlane } from '../../src/dataplane/open.js'
import { instance } from '../dataplane/helper.js'
import { freshPlace } from '../run.js'

const { name, directory } = freshPlace()
const dataplane = await openDataPlane({ name, stateDir: directory, driver: 'memory' })
await (await dataplane.prepare({ instances: [instance('eth1')] })).apply()
const worker = dataplane.state().instances[0]?.worker.pid
process.stdout.write(`${JSON.stringify({ paths: [directory, `/dev/shm/lwaftr-${name}`], worker })}\n`)
setInterval(() => {}, 60_000)
