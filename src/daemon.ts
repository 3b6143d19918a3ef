// A relay: the only place that constructs its parts and connects them.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Server } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { Access } from './config-server/access/access.js'
import { type Audit, AuditFile } from './config-server/access/audit.js'
import { accessSettings } from './config-server/access/settings.js'
import { Alarms } from './config-server/alarms/alarms.js'
import { machine } from './config-server/alarms/machine.js'
import { alarmsState } from './config-server/alarms/state.js'
import { Routes } from './config-server/announce/routes.js'
import { announcementState, routesState } from './config-server/announce/state.js'
import { buildApp } from './config-server/app.js'
import { logLevel } from './config-server/config-settings.js'
import { readConfiguration } from './config-server/configuration-file.js'
import { Confirmation } from './config-server/confirmation.js'
import { Datastore } from './config-server/datastore.js'
import { datastores } from './config-server/datastores.js'
import { AlarmNotifications, AlarmsFeed } from './config-server/feeds/alarms-feed.js'
import { configurationFeeds } from './config-server/feeds/configuration-feed.js'
import { RoutesFeed } from './config-server/feeds/routes-feed.js'
import { Streams } from './config-server/feeds/streams.js'
import { History } from './config-server/history.js'
import { historyState } from './config-server/history-state.js'
import { Metrics } from './config-server/metrics/metrics.js'
import { Publisher } from './config-server/publisher.js'
import { CAPABILITIES } from './config-server/query.js'
import { restconfState } from './config-server/restconf-monitoring.js'
import { describeStreams, STREAM_CAPABILITIES } from './config-server/routes/streams.js'
import type { Unbound } from './config-server/services.js'
import { LOCAL } from './config-server/session.js'
import { dataPlaneState } from './config-server/state.js'
import { openStore } from './config-server/store.js'
import { checkStore } from './config-server/store-check.js'
import { systemCapabilities } from './config-server/system-capabilities.js'
import { Transactions } from './config-server/transaction.js'
import { yangLibrary } from './config-server/yang-library.js'
import type { Driver } from './dataplane/dataplane.js'
import { native } from './dataplane/native.js'
import { openDataPlane } from './dataplane/open.js'
import { lastStateDirectory } from './dataplane/places.js'
import { error } from './errors.js'
import {
  type Address,
  answersRequests,
  closeBare,
  closeServer,
  isLoopback,
  listenTcp,
  listenUnix,
  trackConnections,
} from './listen.js'
import type { Log, Logging } from './log/log.js'
import { answers, CONTROL_SOCKET, isRunning, register, unregister } from './registry.js'
import type { JsonObject } from './schema/json-types.js'
import { loadSchema } from './schema/schema.js'
import { type Follower, followTls, readTls, type TlsFiles } from './tls.js'

export interface DaemonOptions {
  readonly name: string
  /** Configuration in any format: text, JSON or XML. */
  readonly conf: string
  readonly listen: Address
  /** Absent: HTTP in clear text. */
  readonly tls: TlsFiles | undefined
  /** Listen beyond this machine whatever TLS and users there are. */
  readonly insecure: boolean
  /** Absent: stderr, and only what concerns somebody who has logged in, or tried. */
  readonly auditLog: string | undefined
  /** Absent: the relay forgets everything when it stops. */
  readonly stateDirectory: string | undefined
  /** Take `conf` even where the state directory holds a committed configuration, which is then forgotten. */
  readonly reset: boolean
  readonly driver: Driver
  readonly cpus: readonly number[]
  readonly logging: Logging
}

export interface Daemon {
  readonly url: string
  /** Reads the configuration file again, as one commit; says what that changed. */
  reload(): Promise<string>
  /** Resolves when its config server answers on the control socket. */
  lives(): Promise<void>
  /** As stop(), but the workers forward on: the next relay of this name and state directory finds them. */
  handOver(): Promise<void>
  stop(): Promise<void>
}

/** What has to be undone, last first. */
type Closers = (() => unknown)[]

export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { name, driver, cpus, logging } = options
  const { log } = logging
  const closers: Closers = []
  let leaving = false
  const stop = async () => {
    for (let close = closers.pop(); close; close = closers.pop()) await close()
  }
  try {
    const { directory, store, saved, first } = await openState(options, closers, () => leaving)

    const dataplane = await openDataPlane({ name, stateDir: directory, driver, cpus, log })
    closers.push(() => (leaving ? dataplane.detach() : dataplane.close()))
    const schema = loadSchema()
    const parts = {
      schema,
      datastore: new Datastore(store.id, dataplane),
      dataplane,
      store,
      publisher: new Publisher((problem) => log('error', `a listener failed: ${String(problem)}`)),
      createTable: () => native.BindingTable.create(null),
    }
    const transactions = new Transactions(parts)
    const audit = openAudit(options, closers)
    const access = new Access(parts, {
      clientCertificates: options.tls?.clientCa !== undefined,
      required: !isLoopback(options.listen) && !options.insecure,
      audit: audit.write,
    })
    closers.push(() => transactions.settled())
    const history = new History(parts)
    const confirmation = new Confirmation({ ...parts, history, transactions }, log)
    closers.push(() => confirmation.close())

    const routes = new Routes(parts)
    closers.push(() => routes.close())

    const certificate = options.tls?.cert
    const alarms = new Alarms({
      ...parts,
      surroundings: machine({ dataplane, store, directory, certificate }),
    })
    closers.push(() => alarms.close())

    let ready = false
    const forwarding = [dataPlaneState(schema, dataplane), announcementState(dataplane)]
    const feeds = [
      ...configurationFeeds({ ...parts, history }),
      new RoutesFeed(schema, routes),
      new AlarmsFeed(schema, alarms),
      new AlarmNotifications(schema, alarms, () => parts.datastore.running.tree),
    ]
    const streams = new Streams({ ...parts, state: forwarding }, feeds)
    const metrics = new Metrics({ ...parts, alarms, access, streams })
    metrics.addProcess()
    const present = datastores(options.stateDirectory !== undefined)
    const services = {
      ...parts,
      transactions,
      routes,
      history,
      confirmation,
      datastores: present,
      access,
      state: [
        ...forwarding,
        historyState(store, transactions),
        yangLibrary(present),
        routesState(routes),
        alarmsState(alarms),
        systemCapabilities(),
        restconfState([...CAPABILITIES, ...STREAM_CAPABILITIES], describeStreams(streams)),
        access.state,
      ],
      streams,
      metrics,
      isReady: () => ready,
    }
    refuseStrangers(options, saved?.tree ?? first?.edits[0]?.value ?? {})
    const { url, certificates } = await listen(services, directory, options, closers)
    if (saved) await transactions.restore(saved)
    else if (first) await transactions.commit(first)
    const followLevel = () => logging.setLevel(logLevel(schema, parts.datastore.running.tree))
    parts.publisher.subscribe(followLevel)
    followLevel()
    await confirmation.resume()
    ready = true
    alarms.start()

    const reload = async () => {
      audit.reopen()
      certificates?.reload()
      const commit = await transactions.commit({ ...(await fileCommit(options)), via: 'reload' })
      return commit ? `revision ${commit.revision}: ${commit.summary}` : 'nothing changed'
    }
    const handOver = () => {
      leaving = true
      return stop()
    }
    return { url, reload, lives: () => answersRequests(join(directory, CONTROL_SOCKET)), handOver, stop }
  } catch (problem) {
    await stop()
    throw problem
  }
}

/** Takes the name, and finds the configuration to begin with: `saved`, or else `first`. */
async function openState(options: DaemonOptions, closers: Closers, leaving: () => boolean) {
  const { name, conf, stateDirectory, reset, logging } = options
  // Where it is certain to be used the file is read before anything is touched.
  const fromFile = reset || !stateDirectory ? await fileCommit(options) : undefined

  const last = lastStateDirectory(name)
  // Another run directory may have it: the machine has one set of names.
  if ((await isRunning(name)) || (last !== null && (await answers(join(last, CONTROL_SOCKET)))))
    throw error('running', { name })
  const directory = register(name, stateDirectory)
  // Where nothing else is kept this is the state directory, with the logs and links of workers that forward on.
  closers.push(() => leaving() || unregister(name))
  if (await answers(join(directory, CONTROL_SOCKET))) throw error('state-in-use', { directory })

  const datastorePath = join(directory, 'datastore')
  if (reset || !stateDirectory) rmSync(datastorePath, { recursive: true, force: true })
  checkStore(datastorePath)
  const store = openStore(datastorePath)
  closers.push(() => store.close())
  const saved = store.load()
  if (!saved) return { directory, store, first: fromFile ?? (await fileCommit(options)) }
  const { revision } = saved.commit
  logging.log('warn', `${directory} holds revision ${revision}, which wins over ${conf} (--reset takes it)`)
  return { directory, store, saved }
}

/** A door to other machines has to have a lock. Throws LwaftrError. */
function refuseStrangers({ listen, tls, insecure }: DaemonOptions, tree: JsonObject): void {
  const locked = tls && (tls.clientCa !== undefined || accessSettings(tree).users.size > 0)
  if (!isLoopback(listen) && !insecure && !locked) throw error('exposed', { host: listen.host })
}

/** Early, so that a busy port costs nothing; requests are served once the relay is ready. */
async function listen(services: Unbound, directory: string, options: DaemonOptions, closers: Closers) {
  const { tls } = options
  const { log } = options.logging
  const app = buildApp(services, { log, ...(tls ? { tls: readTls(tls) } : {}) })
  const endAll = trackConnections(app.server)
  closers.push(() => closeServer(endAll, () => app.close()))
  const certificates = tls && followCertificates(tls, app, log)
  closers.push(() => certificates?.close())
  const url = await listenTcp(app, options.listen)
  if (!isLoopback(options.listen) && !services.access.required)
    log(
      'warn',
      `whoever reaches ${options.listen.host} port ${new URL(url).port} can change everything: nobody has to log in`,
    )
  const control = await listenUnix(app, join(directory, CONTROL_SOCKET))
  closers.push(() => closeBare(control))
  closers.push(() => services.streams.close())
  // Who follows has the rights of when it came.
  services.access.onChange(() => services.streams.close())
  return { url, certificates }
}

function followCertificates(files: TlsFiles, app: FastifyInstance, log: Log): Follower {
  // Fastify's type is that of a server without TLS.
  const server = app.server as unknown as Server
  return followTls(
    files,
    (options) => {
      server.setSecureContext(options)
      log('info', `certificates read: ${files.cert}`)
    },
    (problem) => log('error', `the certificates stay as they were: ${describe(problem)}`),
  )
}

function openAudit({ auditLog, logging }: DaemonOptions, closers: Closers) {
  const { log } = logging
  if (auditLog === undefined) return { write: auditToLog(logging), reopen: () => {} }
  const file = new AuditFile(auditLog, (problem) => log('error', `audit log: ${describe(problem)}`))
  closers.push(() => file.close())
  return file
}

/** What the file and the operator at this machine do is in the log anyway. */
const auditToLog =
  ({ audit }: Logging): Audit =>
  (entry) => {
    if (entry.event === 'change' && (entry.from === undefined || entry.from === LOCAL.from)) return
    audit(entry)
  }

function describe(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem)
}

/** The whole configuration as the file has it. */
async function fileCommit({ conf }: DaemonOptions) {
  const { tree, softwires } = await readConfiguration(loadSchema(), conf)
  const edit = { operation: 'replace', target: { steps: [] }, value: tree, softwires } as const
  return { edits: [edit], who: 'local', via: 'file', permit: 'everything' } as const
}
