import { Command } from 'commander'
import { jsonSchema } from '../../schema/json-schema.js'
import { loadSchema } from '../../schema/schema.js'

export function jsonSchemaCommand(): Command {
  return new Command('json-schema')
    .description(
      'Print the JSON Schema (2020-12) of configurations, with which editors complete and check JSON and YAML.',
    )
    .addHelpText(
      'after',
      `
It refuses nothing that a relay takes. What no JSON Schema can say, such as that no two softwires have the same ports,
lwaftr validate says.

Examples:
  lwaftr json-schema > lwaftr.schema.json
  echo '# yaml-language-server: $schema=lwaftr.schema.json' > relay.yaml`,
    )
    .action(() => {
      process.stdout.write(`${JSON.stringify(jsonSchema(loadSchema()), null, 2)}\n`)
    })
}
