import { fileURLToPath } from 'node:url'

/** The package's root directory; compiled files live in dist/src below it. */
export const root = fileURLToPath(new URL('../..', import.meta.url))
