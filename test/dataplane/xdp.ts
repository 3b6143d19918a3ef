// Whether tests can have AF_XDP here.
import type { Test } from 'tap'
import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { cable, Sandbox } from '../../src/lab/sandbox.js'
import { instance, open } from './helper.js'

/** What this process or its kernel lacks, or null. Before any other sandbox of the process. */
export async function obstacleToXdp(t: Test): Promise<string | null> {
  const obstacle = await obstacleToNamespaces()
  if (obstacle !== null) return obstacle
  const lab = await Sandbox.open()
  const device = lab.link('probe')
  await cable({ namespace: null, device }, { namespace: await lab.namespace('probe'), device: 'peer' }, 1500)
  const dataplane = await open(t, { driver: 'af-xdp' })
  const refusal = await dataplane.prepare({ instances: [instance(device)] }).then(
    (prepared) => prepared.abort().then(() => null),
    (problem: Error) => problem.message,
  )
  await dataplane.close()
  await lab.close()
  // Any other refusal is for the tests to fail by.
  return refusal !== null && /not permitted|not supported|not implemented/i.test(refusal) ? refusal : null
}
