// A passthru on links by AF_PACKET.
import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { passthruLinkTests } from './passthru-links.js'

passthruLinkTests('af-packet', (await obstacleToNamespaces()) ?? false)
