import { obstacleToNamespaces } from '../../src/lab/obstacle.js'
import { queueTests } from './queues.js'

queueTests('af-packet', (await obstacleToNamespaces()) ?? false)
