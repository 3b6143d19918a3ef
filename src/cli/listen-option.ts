// --listen of commands that run a relay.
import { InvalidArgumentError, Option } from 'commander'
import { type Address, parseAddress } from '../listen.js'

const USUAL = '127.0.0.1:8080'

export function listenOption(description: string): Option {
  return new Option('--listen <host:port>', description)
    .argParser(hostAndPort)
    .default(parseAddress(USUAL), USUAL)
}

function hostAndPort(text: string): Address {
  const address = parseAddress(text)
  if (!address) throw new InvalidArgumentError('It is not HOST:PORT.')
  return address
}
