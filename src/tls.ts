// Certificate files: read at the start, and again whenever they change. Connections keep the certificate that they
// began with; new ones get the new.
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { error } from './errors.js'

export interface TlsFiles {
  /** The server's certificate and those between it and the authority, PEM. */
  readonly cert: string
  readonly key: string
  /** Authorities whose certificates clients may show, PEM. */
  readonly clientCa: string | undefined
}

/** What RFC 9325 asks for at least. */
const OLDEST = 'TLSv1.2'

/** Those of TLS 1.3, and of 1.2 what has forward secrecy and is authenticated in one (RFC 9325 s4.2). */
const CIPHERS =
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20'

/** Milliseconds between two looks at the files: they may be links, on any kind of file system. */
const INTERVAL = 2000

/** Throws LwaftrError for what cannot be read, is no certificate, or does not belong together. */
export function readTls({ cert, key, clientCa }: TlsFiles): SecureContextOptions {
  const options = {
    cert: read(cert),
    key: read(key),
    ...(clientCa === undefined ? {} : { ca: read(clientCa) }),
    minVersion: OLDEST,
    ciphers: CIPHERS,
  } as const
  try {
    createSecureContext(options)
    return options
  } catch (cause) {
    const files = [cert, key, ...(clientCa === undefined ? [] : [clientCa])].join(', ')
    throw error(
      'file',
      { file: files, problem: `not usable for TLS: ${(cause as Error).message}` },
      { cause },
    )
  }
}

export interface Follower {
  /** Reads the files now. Throws LwaftrError. */
  reload(): void
  close(): void
}

/** Calls `use` with what the files hold after each change; a file half written is told to `complain`, and waited for. */
export function followTls(
  files: TlsFiles,
  use: (options: SecureContextOptions) => void,
  complain: (problem: unknown) => void,
): Follower {
  const paths = [files.cert, files.key, ...(files.clientCa === undefined ? [] : [files.clientCa])]
  const reload = () => use(readTls(files))
  const changed = () => {
    try {
      reload()
    } catch (problem) {
      complain(problem)
    }
  }
  for (const path of paths) watchFile(path, { interval: INTERVAL, persistent: false }, changed)
  return {
    reload,
    close: () => {
      for (const path of paths) unwatchFile(path, changed)
    },
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw error('file', { file, problem: (cause as Error).message }, { cause })
  }
}
