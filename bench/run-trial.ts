// A trial's own process: measures, and tells its parent.
import { SCALES } from './trial.js'
import { TRIALS } from './trials.js'

const [name, scale] = process.argv.slice(2)
const trial = TRIALS.find((each) => each.name === name)
if (!trial) throw new Error(`no trial ${name}`)
const figures = await trial.run(SCALES[scale === 'tiny' ? 'tiny' : 'full'])
process.stdout.write(JSON.stringify(figures))
