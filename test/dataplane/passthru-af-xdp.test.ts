// A passthru on links by AF_XDP.
import t from 'tap'
import { passthruLinkTests } from './passthru-links.js'
import { obstacleToXdp } from './xdp.js'

passthruLinkTests('af-xdp', (await obstacleToXdp(t)) ?? false)
