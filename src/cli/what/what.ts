/** What a word on the command line means in the store: a run, an instance, one of its outputs, a digest. */
import { dirname } from "node:path"
import { type Digest, isDigest } from "../../base/digest.ts"
import { nearest } from "../../base/nearest.ts"
import { UserError } from "../../base/user-error.ts"
import { idsNamed, readInstanceName, stageOf } from "../../plan/instance-name.ts"
import type { ActionOutput, ActionResult } from "../../store/action.ts"
import { namesIn } from "../../store/inventory.ts"
import type { ManifestEntry, RunRecord } from "../../store/run-record.ts"
import type { Store } from "../../store/store.ts"
import type { History } from "./history.ts"
import { readValue } from "../../store/values.ts"

export type What =
  | { readonly kind: "run"; readonly run: RunRecord }
  | { readonly kind: "instance"; readonly run: RunRecord; readonly entry: ManifestEntry }
  /** A stage with several points of the matrix. */
  | {
      readonly kind: "instances"
      readonly run: RunRecord
      readonly entries: ReadonlyArray<ManifestEntry>
      readonly port?: string
    }
  | {
      readonly kind: "value"
      readonly output: ActionOutput
      /** Where it was asked for by name. */
      readonly run?: RunRecord
      readonly entry?: ManifestEntry
      readonly port?: string
    }
  | { readonly kind: "action"; readonly action: ActionResult }
  | { readonly kind: "blob"; readonly digest: Digest }

/**
 * @param within the run in which names of stages are looked up; absent: the newest run that has such a stage
 * @throws UserError listing what it may mean, or the nearest name
 */
export const findWhat = (history: History, word: string, within?: string): What => {
  const run = findRun(history, word)
  if (run !== undefined) return { kind: "run", run }
  const runs = within === undefined ? history.runs : [requireRun(history, within)]
  const named = findInstance(history, runs, word)
  if (named !== undefined) return named
  if (/^[0-9a-f]{4,64}$/.test(word)) return findDigest(history.store, word)
  throw unknown(history, runs, word, within)
}

/** By name or tag, `last`, or `last~1` for the one before it. */
const findRun = ({ runs, store }: History, word: string): RunRecord | undefined => {
  const back = /^last~(\d+)$/.exec(word)
  if (back !== null) return runs[Number(back[1])]
  return store.runs.get(word)
}

/** @throws UserError with the nearest name */
export const requireRun = (history: History, word: string): RunRecord => {
  const run = findRun(history, word)
  if (run !== undefined) return run
  const { runs } = history
  if (runs.length === 0) throw nothingYet(history.store)
  if (word.startsWith("last~")) {
    throw new UserError(`there is no ${word}: the store has ${runs.length} runs`)
  }
  const close = nearest(
    word,
    runs.map(({ name }) => name)
  )
  throw new UserError(`there is no run ${word}`, {
    hint: close === undefined ? "`ablate runs` lists them" : `did you mean ${close}?`
  })
}

const nothingYet = (store: Store) =>
  new UserError(`no run has left anything in the store ${store.root} yet`, {
    hint: "`ablate run` makes the first one"
  })

const findInstance = (
  history: History,
  runs: ReadonlyArray<RunRecord>,
  word: string
): What | undefined => {
  const { name, port } = readInstanceName(word)
  for (const run of runs) {
    const instances = history.manifest(run)?.instances ?? []
    const ids = new Set(
      idsNamed(
        instances.map(({ id }) => id),
        name
      )
    )
    const entries = instances.filter(({ id }) => ids.has(id))
    const [entry] = entries
    if (entry === undefined) continue
    if (port !== undefined && entries.every(({ outputs }) => outputs?.[port] === undefined)) {
      throw noPort(entry, port, run)
    }
    if (entries.length > 1) {
      return { kind: "instances", run, entries, ...(port === undefined ? {} : { port }) }
    }
    if (port === undefined) return { kind: "instance", run, entry }
    const output = entry.outputs?.[port]
    if (output !== undefined) return { kind: "value", output, run, entry, port }
  }
  return undefined
}

const noPort = (entry: ManifestEntry, port: string, run: RunRecord): UserError => {
  const ports = Object.keys(entry.outputs ?? {})
  if (ports.length === 0) {
    return new UserError(`${entry.id} has no result in ${run.name}`, {
      hint: `the run is ${run.state}; \`ablate run ${run.file}\` makes it`
    })
  }
  const close = nearest(port, ports)
  return new UserError(`${entry.id} has no output ${port}`, {
    hint:
      close === undefined
        ? `its outputs are ${ports.join(", ")}`
        : `did you mean ${entry.id}.${close}?`
  })
}

/** @throws UserError when nothing or more than one thing begins so */
const findDigest = (store: Store, prefix: string): What => {
  const found = digestsFrom(store, prefix)
  const [first, ...others] = found
  if (first === undefined) {
    throw new UserError(`nothing in the store has a digest or a key that begins with ${prefix}`, {
      hint: "`ablate show last` lists what the newest run has"
    })
  }
  if (others.length > 0) {
    const lines = found.slice(0, 10).map((what) => `  ${describe(what)}`)
    const more = found.length > 10 ? [`  and ${found.length - 10} more`] : []
    throw new UserError(`${prefix} may mean one of ${found.length} things in the store`, {
      hint: ["write more of it:", ...lines, ...more].join("\n")
    })
  }
  return first
}

const digestsFrom = (store: Store, prefix: string): ReadonlyArray<What> => {
  const blobs = blobsFrom(store, prefix).map((digest): What => {
    const value = readValue(store.blobs.read(digest))
    return value === undefined
      ? { kind: "blob", digest }
      : { kind: "value", output: { digest, type: value.type } }
  })
  const actions = [...store.actions.list()].flatMap((key): ReadonlyArray<What> => {
    const action = key.startsWith(prefix) ? store.actions.get(key) : undefined
    return action === undefined ? [] : [{ kind: "action", action }]
  })
  return [...blobs, ...actions]
}

/** Blobs lie in folders of their first two characters. */
const blobsFrom = (store: Store, prefix: string): ReadonlyArray<Digest> => {
  const folder = dirname(store.blobs.path(prefix.padEnd(64, "0") as Digest))
  const start = prefix.slice(0, 2)
  return namesIn(folder)
    .map((name) => start + name)
    .filter((digest): digest is Digest => isDigest(digest) && digest.startsWith(prefix))
}

const describe = (what: What): string => {
  switch (what.kind) {
    case "value":
      return `${what.output.digest.slice(0, 16)}  value   ${what.output.type}`
    case "action":
      return `${what.action.key.slice(0, 16)}  key     ${what.action.recipe.uses}`
    case "blob":
      return `${what.digest.slice(0, 16)}  file`
    default:
      throw new TypeError(`a ${what.kind} has no digest`)
  }
}

const unknown = (
  history: History,
  runs: ReadonlyArray<RunRecord>,
  word: string,
  within: string | undefined
): UserError => {
  if (runs.length === 0) return nothingYet(history.store)
  const latest = runs.find(({ file, pipeline }) => pipeline === word || file === word)
  if (latest !== undefined) {
    return new UserError(`${word} is a pipeline; a run of it, or what one made, can be looked at`, {
      hint: `its newest run is ${latest.name}; \`ablate runs ${word}\` lists them`
    })
  }
  if (/\.(?:png|safetensors|json)$/i.test(word)) return new UserError(`there is no file ${word}`)
  const { name } = readInstanceName(word)
  const ids = runs.flatMap((run) => history.manifest(run)?.instances.map(({ id }) => id) ?? [])
  const candidates = new Set([...ids.map(stageOf), ...runs.map((run) => run.name), ...ids])
  const close = nearest(name, candidates)
  const place =
    within === undefined ? "no run" : `the run ${within} does not have, and no run is called,`
  return new UserError(
    within === undefined ? `${place} has a stage ${word}, or is called so` : `${place} ${word}`,
    {
      hint:
        close === undefined
          ? "a stage, STAGE.port, a run, a digest, or a file that ablate wrote; `ablate runs` and `ablate show last` list them"
          : `did you mean ${close}?`
    }
  )
}
